with latest as (
    select * from {{ ref('fct_dossier_version') }} where known_to is null and not is_deleted
),

{# A newer row of the dossier is in quarantine: the last good one stands, and is counted as stale. #}
stale as (
    select distinct e.system, q.row_key as code
    from {{ ref('stg_quarantine') }} as q
    inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = q.extraction_seq
    inner join latest as l on l.system = e.system and l.code = q.row_key
    where q.severity = 'quarantine' and e.entity = 'dossiers' and e.superseded_seq is null
        and (q.version_at > l.version_at or (coalesce(q.version_at = l.version_at, true) and e.day > l.last_told_on))
)

select
    l.system, l.code, l.version_no, l.known_from as batch_id,
    case
        when l.status = 1 then 'new'
        when l.status = 3 then 'refused'
        when l.status in (5, 6) then 'paused'
        when l.status = 7 then 'withdrawn'
        when l.status = 8 then 'stopped'
        when l.status in (9, 10) then 'settled'
        else 'running'
    end as state,
    case
        when l.status not in (9, 10) then null
        when l.due_at is null then 'without_due'
        when l.ended_at <= l.due_at then 'on_time'
        else 'late'
    end as verdict,
    s.code is not null as is_stale
    {%- for column in contract_columns('dossiers') if column not in ('code', 'updated_at') %}, l.{{ column }}{% endfor %}
from latest as l
left join stale as s on s.system = l.system and s.code = l.code
