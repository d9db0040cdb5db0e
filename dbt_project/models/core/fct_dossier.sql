{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_told') }}") }}
{# Touched ones are chosen once; all of them are read where they are. #}
{%- set versions = ref('fct_dossier_version') if flags.FULL_REFRESH else 'version' %}
{# Tombstones, too: a dossier that the first system has deleted is not to be counted from another. #}
with version as (
    select v.* from {{ touched_rows(ref('fct_dossier_version'), 'dossier_told') }} as v
),

told as (
    select v.system, v.code, v.dossier, v.is_deleted, v.version_at, v.known_from, v.last_told_on
    from {{ versions }} as v where v.known_to is null
),

{# Most dossiers are told once, and nothing is to be decided about them. #}
shared as (
    select dossier from told group by dossier having count(*) > 1
),

ranked as (
    select
        t.system, t.code,
        row_number() over (
            partition by t.dossier
            order by s.rank nulls last, t.is_deleted, t.version_at desc nulls last, t.known_from desc, {{ binary_order('t.system') }}, {{ binary_order('t.code') }}
        ) as place
    from told as t
    inner join shared as h on h.dossier = t.dossier
    left join {{ ref('stg_systems') }} as s on s.system = t.system
),

latest as (
    select v.* from {{ versions }} as v where v.known_to is null and not v.is_deleted
),

earlier as (
    select v.system, v.code, min(v.told_on) as told_on from {{ versions }} as v
    where v.known_to is not null and not v.is_deleted group by v.system, v.code
),

{# A newer row of the dossier is in quarantine: the last good one stands, and is counted as stale. #}
stale as (
    select distinct e.system, q.row_key as code
    from {{ ref('stg_quarantine') }} as q
    inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = q.extraction_seq
    inner join told as l on l.system = e.system and l.code = q.row_key and not l.is_deleted
    where q.severity = 'quarantine' and q.waiver is null and e.entity = 'dossiers' and e.superseded_seq is null
        and (q.version_at > l.version_at or (coalesce(q.version_at = l.version_at, true) and e.day > l.last_told_on))
)

select
    l.system, l.code, l.dossier, coalesce(r.place, 1) = 1 and not coalesce(m.is_copy, false) as is_counted, l.version_no, l.known_from as batch_id,
    case
        when l.status = 1 then 'new'
        when l.status = 3 then 'refused'
        when l.status in (5, 6) then 'paused'
        when l.status = 7 then 'withdrawn'
        when l.status = 8 then 'stopped'
        when l.status in (9, 10) then 'settled'
        else 'running'
    end as state,
    s.code is not null as is_stale,
    coalesce(cast(coalesce(l.submitted_at, l.received_at) as date) < least(l.told_on, e.told_on), false) as earlier_versions_unknown
    {%- for column in contract_columns('dossiers') if column not in ('code', 'updated_at') %}, l.{{ column }}{% endfor %}
from latest as l
left join ranked as r on r.system = l.system and r.code = l.code
left join {{ ref('stg_systems') }} as m on m.system = l.system
left join earlier as e on e.system = l.system and e.code = l.code
left join stale as s on s.system = l.system and s.code = l.code
