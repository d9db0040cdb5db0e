{#
  One row an indicator, grain, period, unit and channel ('all' for all of them); units count what the units below them do.
  A flow is the sum of a period's days; running is the stock at the period's end, or at as_of within the open one.
  Months and years have a row from the first with an event on; days have one only where something happened.
#}
with cell as (
    select
        d.day, a.ancestor as unit, d.channel
        {%- for measure in flow_measures() + ['running_delta'] %}, {{ sum_count('d.' ~ measure) }} as {{ measure }}{% endfor %}
    from {{ ref('dossier_daily') }} as d
    inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
    group by d.day, a.ancestor, d.channel
),

by_channel as (
    select * from cell
    union all
    select
        day, unit, 'all'
        {%- for measure in flow_measures() + ['running_delta'] %}, {{ sum_count(measure) }}{% endfor %}
    from cell group by day, unit
),

span as (
    select unit, channel, min(day) as first_day from by_channel group by unit, channel
),

period as (
    select day, unit, channel, 'day' as grain{% for measure in flow_measures() + ['running_delta'] %}, {{ measure }}{% endfor %}
    from by_channel
    {%- for grain in ['month', 'year'] %}
    union all
    select
        day, unit, channel, '{{ grain }}'
        {%- for measure in flow_measures() + ['running_delta'] %}, {{ sum_count(measure) }}{% endfor %}
    from (
        select
            {{ period_start(grain, 'day') }} as day, unit, channel
            {%- for measure in flow_measures() + ['running_delta'] %}, {{ measure }}{% endfor %}
        from by_channel
        union all
        select d.{{ grain }}_start, s.unit, s.channel{% for measure in flow_measures() + ['running_delta'] %}, 0{% endfor %}
        from span as s
        inner join (select distinct {{ grain }}_start from {{ ref('dim_date') }}) as d on d.{{ grain }}_start >= s.first_day
        inner join {{ ref('stg_run') }} as r on d.{{ grain }}_start < r.as_of
    ) as spread
    group by day, unit, channel
    {%- endfor %}
),

stocked as (
    select *, cast(sum(running_delta) over (partition by grain, unit, channel order by day rows unbounded preceding) as bigint) as running
    from period
),

counted as (
    select
        i.indicator, i.unit as unit_of_value, s.grain, s.day as period_start, s.unit, s.channel,
        {{ measure_value('i.numerator') }} as numerator, {{ measure_value('i.denominator') }} as denominator,
        i.denominator is not null as is_ratio
    from stocked as s cross join {{ ref('stg_indicators') }} as i
)

select
    c.indicator, 'calendar' as period_set, c.grain, c.period_start, c.unit, c.channel, c.numerator, c.denominator,
    case when c.is_ratio then {{ per_cent('c.numerator', 'c.denominator') }} else cast(c.numerator as decimal(20, 2)) end as value,
    r.as_of
from counted as c cross join {{ ref('stg_run') }} as r
