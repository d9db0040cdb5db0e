{# Cells of dossiers: a day, a unit and its role. #}

{# The cells in which events are counted. #}
{% macro cells_of(event) -%}
    {%- for role, unit in (('resolving', 'unit'), ('receiving', 'desk')) %}
    {{ 'union' if not loop.first }}
    select '{{ role }}' as role, {{ unit }} as unit, cast(began_at as date) as day from {{ event }} where has_begun
    union
    select '{{ role }}', {{ unit }}, cast(ended_at as date) from {{ event }} where is_over
    {%- endfor %}
{%- endmacro %}

{# The traits by which dossiers are counted, and all of them as the bits of a number. #}
{% macro counted_traits() -%}
    {{ return(['is_reused', 'is_from_store', 'is_identity_verified', 'has_digital_components', 'has_digital_result', 'has_paper_result', 'has_fee', 'is_paid_online', 'is_through_post', 'has_components_by_post', 'has_result_by_post', 'is_disliked']) }}
{%- endmacro %}
{% macro trait_bits(alias) -%}
    ({% for trait in counted_traits() %}{{ ' + ' if not loop.first }}case when {{ alias }}.{{ trait }} then {{ 2 ** loop.index0 }} else 0 end{% endfor %})
{%- endmacro %}

{# The condition under which an event on a day counts in a touched cell, as its unit's or its desk's; true where all cells are made. #}
{% macro in_touched_cell(unit, desk, day) -%}
    {%- set cells = ref('cell_touched') -%}
    {%- if is_incremental() -%}
    ((
        {%- for role, place in (('resolving', unit), ('receiving', desk)) %}{{ ') or (' if not loop.first -}}
        exists (select 1 from {{ cells }} as c where c.role = '{{ role }}' and c.unit = {{ place }} and c.day = {{ day }})
        {%- endfor -%}
    ))
    {%- else -%}
    true
    {%- endif -%}
{%- endmacro %}
