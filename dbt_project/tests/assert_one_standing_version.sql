-- No dossier has two versions that stand.
select system, code
from {{ ref('fct_dossier_version') }}
group by system, code
having count(*) filter (where known_to is null) > 1
