{# Lives from reception to a pause or an end, split at the second after which the limit is spent. #}
{%- set standing = "case when breached_at <= {0} then 'past' when due_at is null then 'without_due' else 'within' end" %}
with life as (
    select * from {{ ref('dossier') }} where state <> 'new' and received_at < (select max(file_day) + 1 from {{ source('raw', 'dossiers') }})
)

select
    code, 'running' as state, {{ standing.format('received_at') }} as standing, received_at as began_at, case when is_split then breached_at else stopped_at end as ended_at,
    true as is_reception, false as is_end
from life
union all
select code, 'running', 'past', breached_at, stopped_at, false, false from life where is_split
union all
select code, 'paused', {{ standing.format('stopped_at') }}, stopped_at, null, false, false from life where state = 'paused'
union all
select
    code, state,
    case when breached_at <= stopped_at then 'late' when due_at is null then 'without_due' when cast(stopped_at as date) < cast(due_at as date) then 'early' else 'on_time' end,
    stopped_at, null, false, true
from life where state not in ('running', 'paused')
