{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_asked') }}") }}
{# Rules across days and entities that standing versions of dossiers break: rows of core.history_violation, with the dossier's key. #}
with {{ history_reference() }},

dossiers_seen as (
    select
        v.row_id, v.system, v.code as row_key, v.version_at, v.receiving_unit, v.resolving_unit, v.procedure, v.fee,
        case v.online_level when 'full' then 2 when 'partial' then 1 else 0 end as online_rank,
        cast(coalesce(v.received_at, v.submitted_at) as date) as day, cast(coalesce(v.ended_at, r.as_of) as date) as last_day, r.has_units, r.has_procedures
    from {{ touched_rows(ref('fct_dossier_version'), 'dossier_asked') }} as v cross join reference as r
    where v.known_to is null and not v.is_deleted
),

dossiers_fault as (
    select
        d.row_id, d.system, d.row_key, d.version_at,
        d.has_units and d.receiving_unit is not null and not coalesce(desk.is_declared, false) as receiving_unit_unknown,
        desk.valid_from > d.day or desk.valid_to < d.day as receiving_unit_not_valid,
        d.has_units and not coalesce(u.is_declared, false) as resolving_unit_unknown,
        {# It may have taken the dossier over while it ran. #}
        u.valid_from > d.last_day or u.valid_to < d.day as resolving_unit_not_valid,
        d.has_procedures and not coalesce(p.is_declared, false) as procedure_unknown,
        p.valid_from > d.day or p.valid_to < d.day as procedure_not_valid,
        d.fee > 0 and not p.has_fee as fee_of_free_procedure,
        d.online_rank > s.online_rank as online_level_above_service
    from dossiers_seen as d
    left join unit as desk on desk.code = d.receiving_unit
    left join unit as u on u.code = d.resolving_unit
    left join procedure as p on p.code = d.procedure
    left join {{ ref('dim_service') }} as s on s.unit = d.resolving_unit and s.procedure = d.procedure
)

select system, row_key as code, row_id, row_key, version_at, rule, severity, column_name, message
from (
    {{ broken_history_rules('dossiers', 'dossiers_fault', 'system, ') }}
) as broken
