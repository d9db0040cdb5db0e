{#
  All measures of dossiers by period, role, unit and channel ('all' for all of them). A flow is the sum of a period's days, a stock the one at the
  period's end, or at as_of within the open one; opening stocks are those when it began. Periods have a row from the first with an event on; days
  have one only where something happened.
#}
{%- set flows = flow_measures() -%}
{%- set split = stock_measures() -%}
with block as (
    select distinct block from {{ ref('dossier_total') }}
),

bounded as (
    select
        p.period_set, p.grain, p.period_start, p.period_end, max(b.block) as last_block,
        max(case when b.block < p.period_start then b.block end) as block_before
    from {{ ref('dim_period') }} as p
    inner join block as b on b.block <= p.period_end
    group by p.period_set, p.grain, p.period_start, p.period_end
),

counted as (
    select
        'calendar' as period_set, 'day' as grain, day as period_start, day as period_end, role, unit, channel
        {%- for measure in flows %}, {{ measure }}{% endfor %}
        {%- for stock in split %},
        cast(sum({{ stock }}) over life as bigint) as {{ stock }}, cast(sum({{ stock }}) over life as bigint) - {{ stock }} as opening_{{ stock }}
        {%- endfor %}
    from {{ ref('dossier_cell') }}
    window life as (partition by role, unit, channel order by day rows unbounded preceding)
    union all
    select
        p.period_set, p.grain, p.period_start, p.period_end, l.role, l.unit, l.channel
        {%- for measure in flows %}, l.{{ measure }} - coalesce(b.{{ measure }}, 0){% endfor %}
        {%- for stock in split %}, l.{{ stock }}, coalesce(b.{{ stock }}, 0){% endfor %}
    from bounded as p
    inner join {{ ref('dossier_total') }} as l on l.block = p.last_block
    left join {{ ref('dossier_total') }} as b on b.block = p.block_before and b.role = l.role and b.unit = l.unit and b.channel = l.channel
)

select
    period_set, grain, period_start, period_end, role, unit, channel
    {%- for measure in flows + split %}, {{ measure }}{% endfor %}
    {%- for stock in stocks() %},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}{{ stock }}_{{ standing }}{% endfor %} as {{ stock }},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}opening_{{ stock }}_{{ standing }}{% endfor %} as opening_{{ stock }}
    {%- endfor %}
from counted
