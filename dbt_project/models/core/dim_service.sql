{# Which unit offers which procedure, as it is known now; the highest level where one is told twice. #}
select
    v.unit, v.procedure,
    max(case v.online_level when 'full' then 2 when 'partial' then 1 else 0 end) as online_rank
from {{ ref('service_version') }} as v
where v.known_to is null and not v.is_deleted
group by v.unit, v.procedure
