{# The declared procedures, and those that only dossiers name. #}
with declared as (
    select code, name, field_code, field_name, time_limit, limit_unit, online_level, has_fee, has_paper_result, valid_from, valid_to
    from {{ ref('procedure_version') }} where known_to is null and not is_deleted
),

named as (
    select distinct procedure as code from {{ ref('fct_dossier') }}
)

select *, true as is_declared from declared
union all
select code, code as name, null, null, null, null, null, null, null, null, null, false
from named where code not in (select d.code from declared as d)
