{# A moment told as 31/12/2022 08:00:00; null where it is none. #}
{% macro moment(text) -%}
    {%- set iso = "substr(" ~ text ~ ", 7, 4) || '-' || substr(" ~ text ~ ", 4, 2) || '-' || substr(" ~ text ~ ", 1, 2) || substr(" ~ text ~ ", 11)" -%}
    case when pg_input_is_valid({{ iso }}, 'timestamp') then cast({{ iso }} as timestamp) end
{%- endmacro %}

{# The code of one of the source's words, which may be decomposed. #}
{% macro coded(text, codes) -%}
    case normalize({{ text }}) {% for word, code in codes.items() %}when '{{ word }}' then '{{ code }}' {% endfor %}end
{%- endmacro %}

{% macro flag(text) -%}
    case {{ text }} when '1' then true when '0' then false end
{%- endmacro %}
