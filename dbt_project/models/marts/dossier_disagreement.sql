{#
  What another system tells otherwise than the one that a dossier is counted from: one row a dossier, system and column, values as text.
  Columns that a system does not tell at all are no disagreement; nor is what is volatile. Nothing in it is personal.
#}
with pair as (
    select c.system, c.code, o.system as other_system, o.code as other_code, c.resolving_unit as unit
    from {{ ref('fct_dossier') }} as c
    inner join {{ ref('fct_dossier') }} as o on o.dossier = c.dossier and o.system <> c.system
    where c.is_counted
)

{% for column in contract_columns('dossiers') if column not in ('code', 'updated_at', 'applicant_id') -%}
{% if not loop.first %}
union all
{% endif -%}
select
    p.unit, p.system, p.code, p.other_system, p.other_code, '{{ column }}' as column_name,
    {{ as_text('c.' ~ column) }} as value, {{ as_text('o.' ~ column) }} as other_value
from pair as p
inner join {{ ref('fct_dossier') }} as c on c.system = p.system and c.code = p.code
inner join {{ ref('fct_dossier') }} as o on o.system = p.other_system and o.code = p.other_code
where c.{{ column }} <> o.{{ column }}
{%- endfor %}
