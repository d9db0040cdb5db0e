{# The measures of dossiers: flows, and running, whose flow is a stock's delta. The catalogue names them. #}
{% macro flow_measures() -%}
    {{ return(['received', 'settled', 'settled_on_time', 'settled_late', 'settled_without_due']) }}
{%- endmacro %}

{# The value of the measure that a catalogue column names, null when it names none. #}
{% macro measure_value(name_column) -%}
    case {{ name_column }}
        {%- for measure in flow_measures() + ['running'] %} when '{{ measure }}' then {{ measure }}{% endfor %}
    end
{%- endmacro %}
