-- depends_on: {{ ref('postal_key_touched') }}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('postal_told') }}") }}
{# Pieces of work of the post, as they are known now, with the spelling of the code that was typed and the key by which it is compared. #}
with event as (
    select
        v.system, v.code, v.kind, {{ postal_work_of('v') }} as work, v.office, v.unit as told_unit, v.dossier_as_typed, v.scanned, v.began_at, v.ended_at, v.clerk_id,
        v.pages, v.files, v.signed, coalesce(v.outcome, 'done') as outcome, v.known_from as batch_id, {{ spelling('v.dossier_as_typed') }} as typed
    from {{ touched_rows(ref('postal_event_version'), 'postal_told') }} as v where v.known_to is null and not v.is_deleted
)

select e.*, {{ spelling_key('e.typed') }} as spelling_key
from event as e cross join {{ ref('stg_run') }} as r
where e.began_at < r.as_of
