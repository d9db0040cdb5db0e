{#
  What another system tells otherwise than the one that a dossier is counted from: one row a dossier, system and column, values as text.
  Null is a value where the system tells the column of other dossiers. Columns that a system never tells are no disagreement; nor is what
  is volatile. Nothing in it is personal.
#}
{%- set columns = contract_columns('dossiers') | reject('in', ['code', 'updated_at', 'applicant_id']) | list -%}
with teller as (
    select system{% for column in columns %}, count({{ column }}) > 0 as tells_{{ column }}{% endfor %}
    from {{ ref('fct_dossier') }} group by system
),

{# A system that has the dossier under two codes is asked for that of the one that is counted, or the newest. #}
pair as (
    select
        c.resolving_unit as unit, c.system, c.code, o.system as other_system, o.code as other_code,
        row_number() over (
            partition by c.dossier, o.system
            order by case when o.code = c.code then 0 else 1 end, o.batch_id desc, {{ binary_order('o.code') }}
        ) as place
        {%- for column in columns %},
        c.{{ column }}, o.{{ column }} as other_{{ column }},
        ct.tells_{{ column }} and ot.tells_{{ column }} and (c.{{ column }} is distinct from o.{{ column }}) as differs_{{ column }}
        {%- endfor %}
    from {{ ref('fct_dossier') }} as c
    inner join {{ ref('fct_dossier') }} as o on o.dossier = c.dossier and o.system <> c.system and not o.is_counted
    inner join teller as ct on ct.system = c.system
    inner join teller as ot on ot.system = o.system
    where c.is_counted
),

differing as (
    select * from pair where place = 1 and ({% for column in columns %}{{ ' or ' if not loop.first }}differs_{{ column }}{% endfor %})
)

{% for column in columns -%}
{% if not loop.first %}
union all
{% endif -%}
select
    unit, system, code, other_system, other_code, '{{ column }}' as column_name,
    {{ as_text(column) }} as value, {{ as_text('other_' ~ column) }} as other_value
from differing where differs_{{ column }}
{%- endfor %}
