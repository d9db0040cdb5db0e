{# The province, the declared units, and units that only dossiers, work, feedback, budgets or plans name: none of them may lose one. #}
with province as (
    select province_code as code, province_name as name from {{ ref('stg_run') }}
),

declared as (
    select code, name, level, parent, valid_from, valid_to
    from {{ ref('unit_version') }} where known_to is null and not is_deleted and code not in (select code from province)
),

named as (
    select resolving_unit as code from {{ ref('fct_dossier') }}
    union
    select receiving_unit from {{ ref('fct_dossier') }} where receiving_unit is not null
    {%- for version, column in [('postal_event_version', 'unit'), ('feedback_version', 'unit'), ('budget_line_version', 'unit'), ('database_version', 'owner')] %}
    union
    select {{ column }} from {{ ref(version) }} where known_to is null and not is_deleted and {{ column }} is not null
    {%- endfor %}
)

select code, name, 'province' as level, cast(null as {{ dbt.type_string() }}) as parent, true as is_declared, cast(null as date) as valid_from, cast(null as date) as valid_to
from province
union all
select
    d.code, d.name, d.level,
    case when d.parent in (select code from declared) then d.parent else p.code end, true, d.valid_from, d.valid_to
from declared as d cross join province as p
union all
select n.code, n.code as name, 'unknown', p.code as parent, false, null, null
from named as n cross join province as p
where n.code not in (select code from declared) and n.code <> p.code
