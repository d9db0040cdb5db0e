{#
  What figures of days name of dossiers, by day, role, unit and channel ('all' for all of them); units count what the units below them do. A unit has rows of the days
  on which something happened.
#}
{%- set named = measures_by_day() -%}
{%- set flows = daily_flows() | select('in', named) | list -%}
{%- set moves = ['transferred_in', 'transferred_out'] | select('in', named) | list -%}
{%- set split = stock_measures() | select('in', named) | list -%}
with placed as (
    select
        d.day, d.role, a.ancestor as unit, d.channel
        {%- for flow in flows %}, d.{{ flow }}{% endfor %}{% for move in moves %}, 0 as {{ move }}{% endfor %}
        {%- for stock in split %}, d.{{ stock }}_delta as {{ stock }}{% endfor %}
    from {{ ref('dossier_daily') }} as d inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
    {%- if moves %}
    union all
    select day, 'resolving', unit, channel{% for flow in flows %}, 0{% endfor %}{% for move in moves %}, {{ move }}{% endfor %}{% for stock in split %}, 0{% endfor %}
    from {{ ref('transfer_daily') }}
    {%- endif %}
),

cell as (
    {%- for channel in ('channel', "'all'") %}
    {{ 'union all' if not loop.first }}
    select
        day, role, unit, {{ channel }} as channel
        {%- for measure in flows + moves + split %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    from placed group by day, role, unit{{ ', channel' if channel == 'channel' }}
    {%- endfor %}
),

counted as (
    {{ by_day('cell', flows + moves, split) }}
)

select
    period_set, grain, period_start, period_end, role, unit, channel
    {%- for measure in flows + moves + split %}, {{ measure }}{% endfor %}
    {%- for stock in stocks() if split | select('in', [stock ~ '_within', stock ~ '_past', stock ~ '_without_due']) | list | length == 3 %},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}{{ stock }}_{{ standing }}{% endfor %} as {{ stock }},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}opening_{{ stock }}_{{ standing }}{% endfor %} as opening_{{ stock }}
    {%- endfor %}
from counted
-- depends_on: {{ ref('transfer_daily') }}
