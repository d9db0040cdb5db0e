{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('postal_asked') }}") }}
{# Rules across days and entities that standing pieces of the post's work break, as core.dossier_fault has those of dossiers. #}
with {{ history_reference() }},

postal_events_fault as (
    select
        v.row_id, v.system, v.code as row_key, v.version_at,
        r.has_units and v.unit is not null and not coalesce(u.is_declared, false) as unit_unknown,
        u.valid_from > cast(v.began_at as date) or u.valid_to < cast(v.began_at as date) as unit_not_valid
    from {{ touched_rows(ref('postal_event_version'), 'postal_asked') }} as v
    cross join reference as r
    left join unit as u on u.code = v.unit
    where v.known_to is null and not v.is_deleted
)

select system, row_key as code, row_id, row_key, version_at, rule, severity, column_name, message
from (
    {{ broken_history_rules('postal_events', 'postal_events_fault', 'system, ') }}
) as broken
