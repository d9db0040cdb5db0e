{# Budget lines of which no rule says whether they are digital-transformation money, in the last month that their unit reported. #}
with newest as (
    select unit, year, max(month) as month from {{ ref('fct_budget') }} group by unit, year
)

select
    f.unit, f.year, f.month, f.kind, f.source, f.chapter, f.category, f.item, f.subitem, f.project, f.name, f.tag,
    coalesce(f.estimate, 0) + coalesce(f.adjustment, 0) + coalesce(f.carried_over, 0) as plan, f.disbursed, f.system, f.code
from {{ ref('fct_budget') }} as f
inner join newest as n on n.unit = f.unit and n.year = f.year and n.month = f.month
where f.rule is null
