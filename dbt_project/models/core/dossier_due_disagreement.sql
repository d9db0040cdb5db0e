{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
-- depends_on: {{ ref('dossier_touched') }}
{#
  Dossiers whose stated due date is not what their limit and the calendar make of it by the rule of the project; both rules' dates beside it.
  The stated date is compared less the pauses that it holds, by the minute; of dates without a time of day, by the day.
#}
with stated as (
    select
        l.system, l.code, l.resolving_unit as unit, l.calendar, l.received_at, t.due_at, d.amount, d.measure, d.minute_due_at, d.next_day_due_at,
        y.deadline_rule, coalesce(y.due_includes_pauses, true) as includes_pauses, t.moment_to,
        row_number() over (partition by l.system, l.code order by t.version_no) as place
    from {{ ref('life_made') }} as l
    inner join {{ ref('dossier_deadline') }} as d on d.system = l.system and d.code = l.code
    inner join {{ ref('dossier_telling') }} as t on t.system = l.system and t.code = l.code and t.due_at is not null
    left join {{ ref('stg_systems') }} as y on y.system = l.system
),

paused as (
    select s.system, s.code, {{ sum_count('p.seconds') }} as seconds
    from stated as s
    inner join {{ touched_rows(ref('dossier_pause')) }} as p on p.system = s.system and p.code = s.code and p.is_answered and p.ended_at <= s.moment_to
    where s.place = 1 and s.includes_pauses
    group by s.system, s.code
),

positioned as (
    select
        s.*,
        {{ working_position('s.due_at', 'w') }} - coalesce(p.seconds, 0) as position,
        {{ working_position('s.minute_due_at', 'm') }} as minute_position, {{ working_position('s.next_day_due_at', 'n') }} as next_day_position
    from stated as s
    left join paused as p on p.system = s.system and p.code = s.code
    inner join {{ ref('dim_workday') }} as w on w.calendar = s.calendar and w.day = cast(s.due_at as date)
    inner join {{ ref('dim_workday') }} as m on m.calendar = s.calendar and m.day = cast(s.minute_due_at as date)
    inner join {{ ref('dim_workday') }} as n on n.calendar = s.calendar and n.day = cast(s.next_day_due_at as date)
    where s.place = 1
),

compared as (
    select
        *,
        abs(position - minute_position) < 60 or (cast(due_at as time) >= time '23:59:00' and cast(due_at as date) = cast(minute_due_at as date)) as is_minute,
        abs(position - next_day_position) < 60 or (cast(due_at as time) >= time '23:59:00' and cast(due_at as date) = cast(next_day_due_at as date)) as is_next_day
    from positioned
)

select
    unit, system, code, received_at, amount as time_limit, measure as limit_unit, due_at, minute_due_at, next_day_due_at, deadline_rule,
    case when is_minute then 'minute' when is_next_day then 'next_day' end as agrees_with
from compared
where not case deadline_rule when 'next_day' then is_next_day else is_minute end
