{#
  All measures of dossiers by day, role, unit and channel ('all' for all of them); units count what the units below them do. Stocks are what the day
  adds to them.
#}
{%- set measures = flow_measures() + stock_measures() -%}
with cell as (
    select
        d.day, d.role, a.ancestor as unit, d.channel
        {%- for measure in daily_flows() %}, {{ sum_count('d.' ~ measure) }} as {{ measure }}{% endfor %},
        cast(0 as bigint) as transferred_in, cast(0 as bigint) as transferred_out
        {%- for stock in stock_measures() %}, {{ sum_count('d.' ~ stock ~ '_delta') }} as {{ stock }}{% endfor %}
    from {{ ref('dossier_daily') }} as d
    inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
    group by d.day, d.role, a.ancestor, d.channel
    union all
    select
        day, 'resolving', unit, channel
        {%- for measure in daily_flows() %}, 0{% endfor %}, transferred_in, transferred_out
        {%- for stock in stock_measures() %}, 0{% endfor %}
    from {{ ref('transfer_daily') }}
)

{%- for channel in ('channel', "'all'") %}
{{ 'union all' if not loop.first }}
select
    day, role, unit, {{ channel }} as channel
    {%- for measure in measures %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
from cell
group by day, role, unit{{ ', channel' if channel == 'channel' }}
{%- endfor %}
