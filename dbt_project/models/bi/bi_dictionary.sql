{# What the contracts of these views say of each column, for tools that show no comments. #}
{%- set lines = [] -%}
{%- if execute -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.fqn[1] == 'bi' -%}
        {%- for column in node.columns.values() -%}{%- do lines.append((node, column, loop.index)) -%}{%- endfor -%}
    {%- endfor -%}
{%- endif -%}
with line (view_name, view_label, position, column_name, label, data_type, refers_to, additivity, numerator, denominator) as (
    values
    {%- for node, column, position in lines %}
    ({% for text in (node.alias, node.description) %}'{{ text | replace("'", "''") }}', {% endfor %}{{ position }}, '{{ column.name }}'
        {%- for text in (column.meta.label, column.data_type, column.meta.refers_to, column.meta.additivity, column.meta.numerator, column.meta.denominator) -%}
            , {{ "'" ~ text | replace("'", "''") ~ "'" if text else 'null' }}
        {%- endfor %}){{ ',' if not loop.last }}
    {%- else %}
    (null, null, 0, null, null, null, null, null, null, null)
    {%- endfor %}
)

select
    view_name, view_label, cast(position as bigint) as position, column_name, label, data_type, refers_to, additivity,
    {{ labelled('additivity', 'how_to_sum') }} as how_to_sum, numerator, denominator
from line
