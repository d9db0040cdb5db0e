{# What rules across days and entities look at besides the row that they are asked of. #}
{% macro history_reference() -%}
reference as (
    select
        (select count(*) from {{ ref('dim_unit') }} as u where u.is_declared and u.code <> r.province_code) > 0 as has_units,
        (select count(*) from {{ ref('dim_procedure') }} as p where p.is_declared) > 0 as has_procedures,
        r.province_code, r.as_of
    from {{ ref('stg_run') }} as r
),

unit as (
    select code, is_declared, valid_from, valid_to from {{ ref('dim_unit') }}
),

procedure as (
    select code, is_declared, has_fee, valid_from, valid_to from {{ ref('dim_procedure') }}
)
{%- endmacro %}

{# Keys of which the rules are asked again: those told anew, and all whose version stands when what the rules look at is not what it was. #}
{% macro asked_again(touched, versions) -%}
    {%- set versions, mark = ref(versions), ref('rule_mark') -%}
    select system, code from {{ ref(touched) }}
    {%- if not flags.FULL_REFRESH %}
    union
    select v.system, v.code from {{ versions }} as v
    where v.known_to is null and exists (select 1 from {{ mark }} as m inner join core.rule_mark_asked as a on a.mark <> m.mark)
    {%- endif %}
{%- endmacro %}

{# The rules that rows of an entity break, a row each: `faults` is a CTE with a column a rule, true where it is broken. #}
{% macro broken_history_rules(entity, faults, kept='') -%}
    {%- for rule in history_rules()[entity] %}
    {{ 'union all' if not loop.first }}
    select
        {{ kept }}row_id, row_key, version_at, '{{ rule.name }}' as rule, '{{ rule.severity }}' as severity, '{{ rule.column }}' as column_name,
        '{{ rule.message | replace("'", "''") }}' as message
    from {{ faults }} where {{ rule.name }}
    {%- endfor %}
{%- endmacro %}
