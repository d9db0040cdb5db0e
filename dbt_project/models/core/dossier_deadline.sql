{#
  When a dossier is due by its limit and the calendar, by both rules of docs/figures.md: its own limit, or that of its procedure. One without a
  limit has no row.
#}
with limited as (
    select
        l.system, l.code, l.calendar, l.received_at,
        coalesce(l.limit_hours, p.time_limit) as amount, case when l.limit_hours is null then p.limit_unit else 'hour' end as measure
    from {{ ref('life_made') }} as l
    left join {{ ref('dim_procedure') }} as p on p.code = l.procedure
    where coalesce(l.limit_hours, p.time_limit) > 0
),

measured as (
    select
        l.*,
        {{ working_position('l.received_at', 'd') }} + l.amount * case l.measure when 'hour' then 3600 when 'working_day' then 28800 end as position,
        {# Of working days, the first one is the day after reception. #}
        d.days_before + case when d.seconds > 0 then 1 else 0 end + l.amount - 1 as last_day,
        cast(l.received_at + l.amount * case l.measure when 'month' then interval '1 month' else interval '1 day' end as timestamp) as calendar_end
    from limited as l
    inner join {{ ref('dim_workday') }} as d on d.calendar = l.calendar and d.day = cast(l.received_at as date)
),

closing as (
    select
        calendar, days_before, day,
        cast(day as timestamp) + interval '1 second' * greatest(closes_1, closes_2, closes_3, closes_4) as closes_at
    from {{ ref('dim_workday') }} where seconds > 0
)

select
    m.system, m.code, m.amount, m.measure,
    case when m.measure in ('hour', 'working_day') then {{ working_moment('m.position', 'h') }} else m.calendar_end end as minute_due_at,
    case m.measure
        when 'hour' then {{ working_moment('m.position', 'h') }}
        when 'working_day' then w.closes_at
        else o.closes_at
    end as next_day_due_at
from measured as m
left join {{ ref('dim_work_hour') }} as h on h.calendar = m.calendar and {{ holds_position('h', 'm.position') }}
left join closing as w on w.calendar = m.calendar and w.days_before = m.last_day
left join {{ ref('dim_workday') }} as e on e.calendar = m.calendar and e.day = cast(m.calendar_end as date)
{# The working day that has as many before it as the last day has is that day, or the next one when that is off. #}
left join closing as o on o.calendar = e.calendar and o.days_before = e.days_before
