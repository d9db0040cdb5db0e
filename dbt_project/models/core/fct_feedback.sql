{#
  Contacts with the 1022 hotline, as they are known now. `due_at` is the stated one; a complaint or proposal without one is due at the closing of the
  15th working day after it was last forwarded (the national rule). A contact is open until it was answered, refused, forwarded elsewhere, or lacks
  something that its sender is to add (the national portal counts that as handled); where that has no date, until the moment that tells it.
#}
with known as (
    select
        v.*, v.kind in ('complaint', 'proposal') as is_petition,
        case when v.status in ('answered', 'refused', 'forwarded', 'awaiting_supplement') then coalesce(v.answered_at, v.first_at, cast(v.told_on as timestamp)) end as closed_at,
        coalesce(c.calendar, '') as calendar, r.as_of
    from {{ ref('feedback_version') }} as v
    cross join {{ ref('stg_run') }} as r
    left join {{ ref('unit_calendar') }} as c on c.unit = v.unit
    where v.known_to is null and not v.is_deleted and v.received_at < r.as_of
),

limited as (
    select k.system, k.code, n.days_before + case when n.seconds > 0 then 1 else 0 end + {{ petition_working_days() }} - 1 as last_day
    from known as k
    inner join {{ ref('dim_workday') }} as n on n.calendar = k.calendar and n.day = cast(coalesce(k.forwarded_at, k.received_at) as date)
    where k.is_petition and k.due_at is null
)

select
    k.system, k.code, k.kind, k.is_petition, k.channel, k.topic, k.unit, k.status, k.received_at, k.forwarded_at,
    coalesce(k.due_at, cast(w.day as timestamp) + interval '1 second' * greatest(w.closes_1, w.closes_2, w.closes_3, w.closes_4)) as due_at,
    case when k.due_at is not null then 'stated' when w.day is not null then 'recomputed' end as due_origin,
    case when k.closed_at < k.received_at then k.received_at else k.closed_at end as closed_at, k.status = 'answered' as is_answered, k.satisfied, coalesce(k.complained_again, false) as complained_again,
    k.dossier, k.known_from as batch_id
from known as k
left join limited as l on l.system = k.system and l.code = k.code
left join {{ ref('dim_workday') }} as w on w.calendar = k.calendar and w.days_before = l.last_day and w.seconds > 0
