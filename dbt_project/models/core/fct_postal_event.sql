{#
  Pieces of work of the post, as they are known now, with the dossier that the code as typed stands for: matched, unmatched (no dossier has such a
  code), ambiguous (several have), or missing. A piece belongs to the unit that the log names, else to the desk of its dossier, else to the province.
#}
with dossier as (
    select system, code, coalesce(receiving_unit, resolving_unit) as desk, {{ spelling('dossier') }} as spelling
    from {{ ref('fct_dossier') }} where is_counted
),

known as (
    select {{ spelling_key('spelling') }} as spelling_key, max(system) as system, max(code) as code, max(desk) as desk, count(*) as dossiers
    from dossier group by {{ spelling_key('spelling') }}
),

event as (
    select v.*, {{ spelling('v.dossier_as_typed') }} as spelling
    from {{ ref('postal_event_version') }} as v where v.known_to is null and not v.is_deleted
)

select
    e.system, e.code, e.kind, e.office, coalesce(e.unit, case when k.dossiers = 1 then k.desk end, r.province_code) as unit, e.dossier_as_typed, e.scanned,
    e.began_at, e.ended_at, e.clerk_id, e.pages, e.files, e.signed, coalesce(e.outcome, 'done') as outcome,
    case
        when e.dossier_as_typed is null then 'missing' when k.dossiers is null then 'unmatched' when k.dossiers > 1 then 'ambiguous' else 'matched'
    end as match,
    case when k.dossiers = 1 then k.system end as dossier_system, case when k.dossiers = 1 then k.code end as dossier_code, e.known_from as batch_id
from event as e
cross join {{ ref('stg_run') }} as r
left join known as k on k.spelling_key = {{ spelling_key('e.spelling') }}
where e.began_at < r.as_of
