{#
  Points by group of six, by group of 2022 and in all (kind group, group_of_2022, total), one row a calendar month, quarter or year and unit: of what could
  be scored. The rating is that of the share of these points. Units are ranked within their class, those under the minimum denominator of 2.1 are not.
#}
with line as (
    select
        s.grain, s.period_start, s.period_end, s.unit, s.level, s.for_reference, s.group_code, g.group_of_2022, s.points,
        case when s.points is not null then s.max_points end as scored_points, s.max_points, s.official_code, s.denominator
    from {{ ref('indicator_scorecard') }} as s inner join {{ ref('stg_indicator_groups') }} as g on g.group_code = s.group_code
),

summed as (
    {%- for kind, code in (('group', 'group_code'), ('group_of_2022', 'group_of_2022'), ('total', "'total'")) %}
    {{ 'union all' if not loop.first }}
    select
        '{{ kind }}' as kind, {{ code }} as code, grain, period_start, period_end, unit, level, for_reference,
        sum(points) as points, {{ sum_count('coalesce(scored_points, 0)') }} as scored_points, {{ sum_count('coalesce(max_points, 0)') }} as max_points,
        max(case when official_code = '2.1' then denominator end) as dossiers
    from line
    group by {{ code ~ ', ' if kind != 'total' }}grain, period_start, period_end, unit, level, for_reference
    {%- endfor %}
),

shared as (
    select
        t.*, {{ per_cent('cast(coalesce(t.points, 0) * 100 as bigint)', 't.scored_points * 100') }} as share,
        t.kind = 'total' and coalesce(t.dossiers, 0) >= c.min_denominator and t.scored_points > 0 as is_ranked
    from summed as t cross join {{ ref('stg_scoring') }} as c
)

select
    s.kind, s.code, s.grain, s.period_start, s.period_end, s.unit, s.level, s.points, s.scored_points, s.max_points, s.share,
    case when s.kind = 'total' then (
        select b.rating from {{ ref('stg_rating_bands') }} as b
        where b.least = (select max(o.least) from {{ ref('stg_rating_bands') }} as o where o.least <= s.share)
    ) end as rating,
    s.is_ranked,
    case when s.is_ranked then rank() over (partition by s.kind, s.grain, s.period_start, s.level, s.is_ranked order by s.share desc) end as place_in_class,
    case when s.is_ranked then count(*) over (partition by s.kind, s.grain, s.period_start, s.level, s.is_ranked) end as ranked_in_class,
    s.for_reference
from shared as s
