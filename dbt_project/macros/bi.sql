{# What the views of the schema `bi` have in common. What codes are called stands in macros/labels.sql. #}

{# A code's name; a code that is not in the list is its own, since a project may have more. #}
{% macro labelled(expression, of) -%}
    case {{ expression }}
        {%- for code, label in labels(of).items() %} when '{{ code }}' then '{{ label | replace("'", "''") }}'{% endfor %}
        else {{ expression }} end
{%- endmacro %}

{# The same of a list that does not hold all codes: nothing for the others. #}
{% macro listed_as(expression, of) -%}
    case {{ expression }}{% for code, label in labels(of).items() %} when '{{ code }}' then '{{ label }}'{% endfor %} end
{%- endmacro %}

{# A date as 20220831, whatever the session's way to write dates is. #}
{% macro day_number(day) -%}
    cast(extract(year from {{ day }}) * 10000 + extract(month from {{ day }}) * 100 + extract(day from {{ day }}) as bigint)
{%- endmacro %}

{# The key of a period, one column, as BI tools want it: calendar.month.20220831. Periods that begin together differ by their end. #}
{% macro period_key(period_set, grain, period_end) -%}
    {{ period_set }} || '.' || {{ grain }} || '.' || cast({{ day_number(period_end) }} as varchar)
{%- endmacro %}

{% macro day_key(day) -%}
    'calendar.day.' || cast({{ day_number(day) }} as varchar)
{%- endmacro %}

{# Day and month of two digits and the year: 05/08/2022; month and year: 08/2022. #}
{% macro two_digits(part, day) -%}
    lpad(cast(cast(extract({{ part }} from {{ day }}) as bigint) as varchar), 2, '0')
{%- endmacro %}
{% macro month_told(day) -%}
    {{ two_digits('month', day) }} || '/' || {{ year_told(day) }}
{%- endmacro %}
{% macro day_told(day) -%}
    {{ two_digits('day', day) }} || '/' || {{ month_told(day) }}
{%- endmacro %}
{% macro year_told(day) -%}
    cast(cast(extract(year from {{ day }}) as bigint) as varchar)
{%- endmacro %}
