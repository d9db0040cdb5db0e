{#
  Feedback by day and unit (with those below it). Petitions are complaints and proposals; inquiries are counted apart. An open one passes its due date
  with no row that tells it: it leaves the stock within and enters the one past.
#}
with contact as (
    select
        f.*, f.due_at + interval '1 second' as breached_at,
        {# Each counts once: not satisfied, back again, or late. #}
        coalesce(not f.satisfied, false) or f.complained_again or coalesce(coalesce(f.closed_at, r.as_of) > f.due_at, false) as is_unhappy,
        f.due_at is null as is_without_due, r.as_of
    from {{ ref('fct_feedback') }} as f cross join {{ ref('stg_run') }} as r
),

event as (
    select c.*, cast(c.received_at as date) as day, 'received' as what, case when c.is_without_due then 'without_due' when c.breached_at <= c.received_at then 'past' else 'within' end as standing
    from contact as c
    union all
    select c.*, cast(c.breached_at as date), 'breached', 'past'
    from contact as c where c.breached_at > c.received_at and c.breached_at <= coalesce(c.closed_at, c.as_of) and c.breached_at < c.as_of
    union all
    select
        c.*, cast(c.closed_at as date), 'closed',
        case when c.is_without_due then 'without_due' when c.closed_at > c.due_at then 'past' else 'within' end
    from contact as c where c.closed_at < c.as_of
),

counted as (
    select
        unit, day,
        case when what = 'received' and kind = 'inquiry' then 1 else 0 end as inquiries_received,
        case when what = 'received' and kind = 'complaint' then 1 else 0 end as complaints_received,
        case when what = 'received' and kind = 'proposal' then 1 else 0 end as proposals_received,
        case when what = 'received' and is_petition and is_unhappy then 1 else 0 end as petitions_unhappy,
        case when what = 'closed' and kind = 'inquiry' and is_answered then 1 else 0 end as inquiries_answered,
        case when what = 'closed' and is_petition and is_answered and standing <> 'past' then 1 else 0 end as petitions_answered_in_time,
        case when what = 'closed' and is_petition and is_answered and standing = 'past' then 1 else 0 end as petitions_answered_late,
        case when what = 'closed' and is_petition and not is_answered then 1 else 0 end as petitions_passed_on,
        case when not is_petition then 0 when what = 'received' and standing <> 'past' then 1 when what = 'breached' then -1
            when what = 'closed' and standing <> 'past' then -1 else 0 end as petitions_open_within,
        case when not is_petition then 0 when what = 'received' and standing = 'past' then 1 when what = 'breached' then 1
            when what = 'closed' and standing = 'past' then -1 else 0 end as petitions_open_past
    from event
)

select
    c.day, 'resolving' as role, a.ancestor as unit, 'all' as channel
    {%- for measure in feedback_flows() + feedback_stocks() %}, {{ sum_count('c.' ~ measure) }} as {{ measure }}{% endfor %}
from counted as c
inner join {{ ref('unit_ancestor') }} as a on a.unit = c.unit
group by c.day, a.ancestor
