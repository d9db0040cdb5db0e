-- No dossier has two versions that stand; those that were not made again had one before.
select system, code
from {{ touched_rows(ref('fct_dossier_version'), 'version_touched') }} as v
where known_to is null
group by system, code
having count(*) > 1
