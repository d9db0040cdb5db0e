{#
  For each unit, with those below it, whether a column is told: of dossiers by any of the systems that hold a dossier of it, of procedures by any
  source. A figure over a column that none tells is missing, not zero.
#}
{%- set dossier_columns = contract_columns('dossiers') | reject('in', ['code', 'updated_at']) | list -%}
{%- set procedure_columns = contract_columns('procedures') | reject('in', ['code']) | list -%}
with system_told as (
    select system{% for column in dossier_columns %}, count({{ column }}) > 0 as {{ column }}{% endfor %}
    from {{ ref('fct_dossier') }} where is_counted
    group by system
),

procedure_told as (
    select {% for column in procedure_columns %}{{ ', ' if not loop.first }}count({{ column }}) > 0 as {{ column }}{% endfor %}
    from {{ ref('dim_procedure') }} where is_declared
),

held as (
    select system, unit from {{ ref('fct_dossier_spell') }}
    union
    select system, coalesce(receiving_unit, resolving_unit) from {{ ref('fct_dossier_spell') }}
    union
    select system, from_unit from {{ ref('dossier_transfer') }}
    union
    select system, to_unit from {{ ref('dossier_transfer') }}
),

placed as (
    select distinct a.ancestor as unit, h.system
    from held as h inner join {{ ref('unit_ancestor') }} as a on a.unit = h.unit
)

select
    p.unit
    {%- for column in dossier_columns %}, max(case when s.{{ column }} then 1 else 0 end) = 1 as {{ column }}{% endfor %}
    {%- for column in procedure_columns %}, max(case when d.{{ column }} then 1 else 0 end) = 1 as procedures_{{ column }}{% endfor %}
from placed as p
inner join system_told as s on s.system = p.system
cross join procedure_told as d
group by p.unit
