{# Days on which something happened, and from a unit's first one on all months, quarters and years; stocks at their ends and beginnings. #}
{%- set measures = flows() | list + stocks() | list %}
with span as (
    select role, unit, channel, min(day) as first_day from {{ ref('cell') }} group by role, unit, channel
),

grain as (
    select unnest(array['month', 'quarter', 'year']) as grain
),

run as (
    select cast(max(file_day) as timestamp) as last_day from {{ source('raw', 'dossiers') }}
),

period as (
    select 'day' as grain, day as period_start, role, unit, channel{% for name in measures %}, {{ name }}{% endfor %} from {{ ref('cell') }}
    union all
    select p.grain, p.day, p.role, p.unit, p.channel{% for name in measures %}, cast(coalesce(sum(p.{{ name }}), 0) as bigint){% endfor %}
    from (
        select g.grain, cast(date_trunc(g.grain, cast(c.day as timestamp)) as date) as day, c.role, c.unit, c.channel{% for name in measures %}, c.{{ name }}{% endfor %}
        from {{ ref('cell') }} as c cross join grain as g
        union all
        select g.grain, cast(t.day as date), s.role, s.unit, s.channel{% for name in measures %}, 0{% endfor %}
        from span as s cross join grain as g cross join run as r
        cross join lateral generate_series(date_trunc(g.grain, cast(s.first_day as timestamp)), r.last_day, cast('1 month' as interval) * case g.grain when 'month' then 1 when 'quarter' then 3 else 12 end) as t (day)
    ) as p
    group by p.grain, p.day, p.role, p.unit, p.channel
)

select
    grain, period_start, role, unit, channel
    {%- for name in flows() %}, {{ name }}{% endfor %}
    {%- for name in stocks() %}, cast(sum({{ name }}) over life as bigint) as {{ name }}, cast(sum({{ name }}) over life as bigint) - {{ name }} as opening_{{ name }}{% endfor %}
from period
window life as (partition by grain, role, unit, channel order by period_start rows unbounded preceding)
