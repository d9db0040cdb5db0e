{# A row a source: what came last, and how much of it is in the figures. #}
select
    e.entity, e.source,
    max(e.day) as last_day_asked,
    max(case when e.file is not null then e.day end) as last_day_with_rows,
    {{ sum_count('e.arrived') }} as arrived,
    {{ sum_count('e.valid') }} as valid,
    {{ sum_count('e.quarantined') }} as quarantined,
    max(r.as_of) as as_of
from {{ ref('stg_extractions') }} as e cross join {{ ref('stg_run') }} as r
where e.superseded_seq is null
group by e.entity, e.source
