{#
  One row an indicator, period set, grain, period, unit and channel ('all' for all of them); units count what the units below them do.
  A flow is the sum of a period's days; running is the stock at the period's end, or at as_of within the open one.
  Periods have a row from the first with an event on; days have one only where something happened.

  All longer periods are made of blocks, the spans between any two bounds of periods: days are summed once, whatever the sets.
#}
{%- set measures = flow_measures() + ['running_delta'] -%}
with cell as (
    select
        d.day, a.ancestor as unit, d.channel
        {%- for measure in measures %}, {{ sum_count('d.' ~ measure) }} as {{ measure }}{% endfor %}
    from {{ ref('dossier_daily') }} as d
    inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
    group by d.day, a.ancestor, d.channel
),

by_channel as (
    select * from cell
    union all
    select
        day, unit, 'all'
        {%- for measure in measures %}, {{ sum_count(measure) }}{% endfor %}
    from cell group by day, unit
),

{# Every day's block. Days after as_of are in none. #}
day_block as (
    select d.day, max(b.block) over (order by d.day rows unbounded preceding) as block
    from {{ ref('dim_date') }} as d
    left join (select distinct period_start as block from {{ ref('dim_period') }}) as b on b.block = d.day
    cross join {{ ref('stg_run') }} as r
    where d.day < r.as_of
),

span as (
    select c.unit, c.channel, min(b.block) as first_block
    from by_channel as c inner join day_block as b on b.day = c.day
    group by c.unit, c.channel
),

{# From a unit's first block on, each has a row, whether something happened in it or not. #}
block_cell as (
    select
        block, unit, channel
        {%- for measure in measures %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    from (
        select b.block, c.unit, c.channel{% for measure in measures %}, c.{{ measure }}{% endfor %}
        from by_channel as c inner join day_block as b on b.day = c.day
        union all
        select b.block, s.unit, s.channel{% for measure in measures %}, 0{% endfor %}
        from span as s inner join (select distinct block from day_block) as b on b.block >= s.first_block
    ) as spread
    group by block, unit, channel
),

block_stock as (
    select *, cast(sum(running_delta) over (partition by unit, channel order by block rows unbounded preceding) as bigint) as running from block_cell
),

period as (
    select p.*, (select max(b.block) from day_block as b where b.day <= p.period_end) as last_block
    from {{ ref('dim_period') }} as p
),

stocked as (
    select
        'calendar' as period_set, 'day' as grain, day as period_start, day as period_end, unit, channel
        {%- for measure in flow_measures() %}, {{ measure }}{% endfor %},
        cast(sum(running_delta) over (partition by unit, channel order by day rows unbounded preceding) as bigint) as running
    from by_channel
    union all
    select
        p.period_set, p.grain, p.period_start, p.period_end, b.unit, b.channel
        {%- for measure in flow_measures() %}, {{ sum_count('b.' ~ measure) }}{% endfor %},
        {{ sum_count('case when b.block = p.last_block then b.running else 0 end') }}
    from period as p inner join block_stock as b on b.block between p.period_start and p.period_end
    group by p.period_set, p.grain, p.period_start, p.period_end, b.unit, b.channel
),

counted as (
    select
        i.indicator, s.period_set, s.grain, s.period_start, s.period_end, s.unit, s.channel,
        {{ measure_value('i.numerator') }} as numerator, {{ measure_value('i.denominator') }} as denominator,
        i.denominator is not null as is_ratio
    from stocked as s cross join {{ ref('stg_indicators') }} as i
)

select
    c.indicator, c.period_set, c.grain, c.period_start, c.period_end, c.unit, c.channel, c.numerator, c.denominator,
    case when c.is_ratio then {{ per_cent('c.numerator', 'c.denominator') }} else cast(c.numerator as decimal(20, 2)) end as value,
    r.as_of
from counted as c cross join {{ ref('stg_run') }} as r
