{#
  Rows that came, and those of them that figures wait for, by arrival day and unit (with those below it). The role is the entity. A row whose unit
  cannot be read, or is none, counts for the province.
#}
with row_count as (
    select e.entity, e.day, a.unit, a.arrived as rows_arrived, 0 as rows_missing
    from {{ ref('stg_arrived') }} as a inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = a.extraction_seq
    where e.superseded_seq is null
    union all
    select entity, day, unit, 0, 1
    from (select distinct entity, day, unit, extraction_seq, row_no from {{ ref('broken_case') }} where is_missing) as missing
)

select
    c.day, c.entity as role, coalesce(a.ancestor, r.province_code) as unit, 'all' as channel,
    {{ sum_count('c.rows_arrived') }} as rows_arrived, {{ sum_count('c.rows_missing') }} as rows_missing
from row_count as c
cross join {{ ref('stg_run') }} as r
left join {{ ref('unit_ancestor') }} as a on a.unit = c.unit
group by c.day, c.entity, coalesce(a.ancestor, r.province_code)
