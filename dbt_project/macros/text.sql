{#
  Lower case, Vietnamese letters included: PostgreSQL's lower depends on the server's locale and knows ASCII alone in many containers, which
  have no ICU either.
#}
{% macro folded(expression) -%}
    translate(lower({{ expression }}), 'ÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬÈÉẺẼẸÊỀẾỂỄỆÌÍỈĨỊÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢÙÚỦŨỤƯỪỨỬỮỰỲÝỶỸỴĐ', 'àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵđ')
{%- endmacro %}

{# Whether a list in a text (values with | between) holds a value; a list that is not there holds all. #}
{% macro listed(list, value) -%}
    ({{ list }} is null or strpos('|' || {{ list }} || '|', '|' || coalesce({{ value }}, '~') || '|') > 0)
{%- endmacro %}
