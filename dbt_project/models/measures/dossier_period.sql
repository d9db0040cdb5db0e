{# All measures of dossiers by period, role, unit and channel ('all' for all of them). Days are in measures.dossier_day. #}
{%- set flows = flow_measures() -%}
{%- set split = stock_measures() -%}
with counted as (
    select * from ({{ by_period(ref('dossier_total'), flows, split) }}) as counted
)

select
    period_set, grain, period_start, period_end, role, unit, channel
    {%- for measure in flows + split %}, {{ measure }}{% endfor %}
    {%- for stock in stocks() %},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}{{ stock }}_{{ standing }}{% endfor %} as {{ stock }},
    {% for standing in standings() %}{{ ' + ' if not loop.first }}opening_{{ stock }}_{{ standing }}{% endfor %} as opening_{{ stock }}
    {%- endfor %}
from counted
