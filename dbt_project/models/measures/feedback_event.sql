{{ config(materialized='view') }}
{#
  What happens to contacts with the hotline: received, past its due date (breached, with no row that tells it), closed, each on its day.
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
)

select * from event
