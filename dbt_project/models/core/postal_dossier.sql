{# Dossiers that the post has worked on, and what it did for them. #}
select
    dossier_system as system, dossier_code as code,
    max(case when kind = 'receive' then 1 else 0 end) = 1 as is_received,
    max(case when kind = 'digitize' and coalesce(scanned, 'components') = 'components' then 1 else 0 end) = 1 as has_components,
    max(case when kind = 'digitize' and scanned = 'result' then 1 else 0 end) = 1 as has_result,
    max(case when kind = 'return' then 1 else 0 end) = 1 as is_returned
from {{ ref('fct_postal_event') }}
where {{ is_matched('match') }} and outcome = 'done'
group by dossier_system, dossier_code
