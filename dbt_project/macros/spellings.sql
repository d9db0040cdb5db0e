{#
  A dossier's code as people type it, for joining: without regard to case, spaces, separators, O for 0, leading zeros of the running number, levels of the
  agency that are left out, and which end of the agency's code comes first. Two codes are one when their keys are alike. Two steps, so that a query
  computes the first once: the spelling (separators are dots), and its key. Without any separator the agency must be there in full.
#}
{% macro spelling(code) -%}
    trim(both '.' from replace(regexp_replace(upper({{ code }}), '[^A-Z0-9]+', '.', 'g'), 'O', '0'))
{%- endmacro %}

{% macro spelling_key(spelling) -%}
    {%- set number = "[.]([0-9]{6})[.]0*([0-9]+)([.][0-9]{6}[.][0-9]{5})?$" -%}
    {%- set shapes = [
        (spelling ~ " like '___.__.__.___.%' and substr(" ~ spelling ~ ", 1, 1) between '0' and '9'", '^([0-9]{3})[.]([0-9]{2})[.]([0-9]{2})[.]([A-Z][0-9]{2})' ~ number, '\\4.\\3.\\2.\\1-\\5-\\6'),
        (spelling ~ " like '___.__.__.___.%'", '^([A-Z][0-9]{2}[.][0-9]{2}[.][0-9]{2}[.][0-9]{2,3})' ~ number, '\\1-\\2-\\3'),
        (spelling ~ " like '___.__.__.__.______.%'", '^([A-Z][0-9]{2}[.][0-9]{2}[.][0-9]{2}[.][0-9]{2,3})' ~ number, '\\1-\\2-\\3'),
        (spelling ~ " like '___.__.__.______.%'", '^([A-Z][0-9]{2}[.][0-9]{2}[.][0-9]{2})' ~ number, '\\1.000-\\2-\\3'),
        (spelling ~ " like '___.__.______.%'", '^([A-Z][0-9]{2}[.][0-9]{2})' ~ number, '\\1.00.000-\\2-\\3'),
        (spelling ~ " like '___.______.%'", '^([A-Z][0-9]{2})' ~ number, '\\1.00.00.000-\\2-\\3'),
        (spelling ~ " not like '%.%' and substr(" ~ spelling ~ ", 1, 1) between '0' and '9'", '^([0-9]{3})([0-9]{2})([0-9]{2})([A-Z][0-9]{2})([0-9]{6})0*([0-9]+)$', '\\4.\\3.\\2.\\1-\\5-\\6'),
        (spelling ~ " not like '%.%'", '^([A-Z][0-9]{2})([0-9]{2})([0-9]{2})([0-9]{3})([0-9]{6})0*([0-9]+)$', '\\1.\\2.\\3.\\4-\\5-\\6'),
    ] -%}
    case
        {%- for shape, code, by in shapes %}
        when {{ shape }} then regexp_replace({{ spelling }}, '{{ code }}', '{{ by }}')
        {%- endfor %}
        else {{ spelling }}
    end
{%- endmacro %}
