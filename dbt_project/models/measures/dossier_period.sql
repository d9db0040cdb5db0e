{#
  All measures of dossiers by period, role, unit and channel ('all' for all of them); units count what the units below them do. A flow is the sum of a
  period's days, a stock the one at the period's end, or at as_of within the open one; opening stocks are those when it began.
  Periods have a row from the first with an event on; days have one only where something happened.

  All longer periods are made of blocks, the spans between any two bounds of periods: days are summed once, whatever the sets.
#}
{%- set flows = flow_measures() -%}
{%- set split = stock_measures() -%}
with cell as (
    select
        d.day, d.role, a.ancestor as unit, d.channel
        {%- for measure in daily_flows() %}, {{ sum_count('d.' ~ measure) }} as {{ measure }}{% endfor %},
        cast(0 as bigint) as transferred_in, cast(0 as bigint) as transferred_out
        {%- for stock in split %}, {{ sum_count('d.' ~ stock ~ '_delta') }} as {{ stock }}{% endfor %}
    from {{ ref('dossier_daily') }} as d
    inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
    group by d.day, d.role, a.ancestor, d.channel
    union all
    select
        day, 'resolving', unit, channel
        {%- for measure in daily_flows() %}, 0{% endfor %}, transferred_in, transferred_out
        {%- for stock in split %}, 0{% endfor %}
    from {{ ref('transfer_daily') }}
),

by_channel as (
    {%- for channel in ('channel', "'all'") %}
    {{ 'union all' if not loop.first }}
    select
        day, role, unit, {{ channel }} as channel
        {%- for measure in flows + split %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    from cell
    group by day, role, unit{{ ', channel' if channel == 'channel' }}
    {%- endfor %}
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
    select c.role, c.unit, c.channel, min(b.block) as first_block
    from by_channel as c inner join day_block as b on b.day = c.day
    group by c.role, c.unit, c.channel
),

{# From a unit's first block on, each has a row, whether something happened in it or not. #}
block_cell as (
    select
        block, role, unit, channel
        {%- for measure in flows + split %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    from (
        select b.block, c.role, c.unit, c.channel{% for measure in flows + split %}, c.{{ measure }}{% endfor %}
        from by_channel as c inner join day_block as b on b.day = c.day
        union all
        select b.block, s.role, s.unit, s.channel{% for measure in flows + split %}, 0{% endfor %}
        from span as s inner join (select distinct block from day_block) as b on b.block >= s.first_block
    ) as spread
    group by block, role, unit, channel
),

block_stock as (
    select
        block, role, unit, channel{% for measure in flows %}, {{ measure }}{% endfor %}
        {%- for stock in split %},
        {{ stock }} as {{ stock }}_delta, cast(sum({{ stock }}) over life as bigint) as {{ stock }}
        {%- endfor %}
    from block_cell
    window life as (partition by role, unit, channel order by block rows unbounded preceding)
),

period as (
    select p.*, (select max(b.block) from day_block as b where b.day <= p.period_end) as last_block
    from {{ ref('dim_period') }} as p
),

counted as (
    select
        'calendar' as period_set, 'day' as grain, day as period_start, day as period_end, role, unit, channel
        {%- for measure in flows %}, {{ measure }}{% endfor %}
        {%- for stock in split %},
        {{ stock }} as {{ stock }}_delta, cast(sum({{ stock }}) over life as bigint) as {{ stock }}
        {%- endfor %}
    from by_channel
    window life as (partition by role, unit, channel order by day rows unbounded preceding)
    union all
    select
        p.period_set, p.grain, p.period_start, p.period_end, b.role, b.unit, b.channel
        {%- for measure in flows %}, {{ sum_count('b.' ~ measure) }}{% endfor %}
        {%- for stock in split %},
        {{ sum_count('b.' ~ stock ~ '_delta') }}, {{ sum_count('case when b.block = p.last_block then b.' ~ stock ~ ' else 0 end') }}
        {%- endfor %}
    from period as p inner join block_stock as b on b.block between p.period_start and p.period_end
    group by p.period_set, p.grain, p.period_start, p.period_end, b.role, b.unit, b.channel
)

select
    period_set, grain, period_start, period_end, role, unit, channel
    {%- for measure in flows + split %}, {{ measure }}{% endfor %}
    {%- for stock in stocks() %},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}{{ stock }}_{{ standing }}{% endfor %} as {{ stock }},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}{{ stock }}_{{ standing }} - {{ stock }}_{{ standing }}_delta{% endfor %} as opening_{{ stock }}
    {%- endfor %}
from counted
