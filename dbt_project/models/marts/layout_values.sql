{#
  Dossiers in the columns of report layouts: one row a layout, column, period set, grain, period and unit, over all channels. Which measures a column is
  the sum of is data (docs/indicators.md); a column without a source, or whose source does not tell what it needs, has no value. Days are in no layout.
#}
{%- set columns = catalogue_rows('layout_columns', 'measures') -%}
{%- for c in columns %}
{{ 'union all' if not loop.first }}
select
    '{{ c.layout }}' as layout, '{{ c.column_code }}' as column_code, cast({{ c.position }} as bigint) as position,
    d.period_set, d.grain, d.period_start, d.period_end, d.unit, {{ told_sum(c.measures, c.needs) }} as value
from {{ ref('dossier_period') }} as d
{{ with_services(c.measures) }}
{{ with_told(c.needs) }}
where d.role = '{{ c.counted_by }}' and d.channel = 'all'
{%- else %}
select
    cast(null as {{ dbt.type_string() }}) as layout, cast(null as {{ dbt.type_string() }}) as column_code, cast(0 as bigint) as position,
    d.period_set, d.grain, d.period_start, d.period_end, d.unit, cast(0 as bigint) as value
from {{ ref('dossier_period') }} as d cross join {{ ref('service_period') }} as s cross join {{ ref('unit_told') }} as t
where false and s.unit = t.unit
{%- endfor %}
