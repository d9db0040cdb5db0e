{#
  The moment at which the limit of spells with pauses is spent, in both readings; null while the clock stands. What of its pauses a due date holds
  is taken off it (least), and each pause that begins no later than the limit is spent is added. A due date at or after the closing of its day is a day
  rather than a moment: moved, it is that time of the day that it comes to.
#}
with paused as (
    select
        p.system, p.code, p.spell, p.seconds, p.is_answered, p.ended_at, s.calendar, s.due_at, s.local_due_at, s.includes_pauses, s.local_includes_to,
        p.began_position - coalesce(sum(p.seconds) over (
            partition by p.system, p.code, p.spell order by p.place rows between unbounded preceding and 1 preceding
        ), 0) as spent_before,
        {{ working_position('s.due_at', 'n') }} as position, {{ working_position('s.local_due_at', 'c') }} as local_position,
        case when {{ working_position('s.due_at', 'n') }} = n.seconds_before + n.seconds then 1 else 0 end as closes,
        case when {{ working_position('s.local_due_at', 'c') }} = c.seconds_before + c.seconds then 1 else 0 end as local_closes
    from {{ ref('dossier_pause') }} as p
    inner join {{ ref('dossier_spell') }} as s on s.system = p.system and s.code = p.code and s.spell = p.spell
    inner join {{ ref('dim_workday') }} as n on n.calendar = s.calendar and n.day = cast(s.due_at as date)
    inner join {{ ref('dim_workday') }} as c on c.calendar = s.calendar and c.day = cast(s.local_due_at as date)
),

held as (
    select
        *,
        case when includes_pauses and is_answered then seconds else 0 end as held_seconds,
        case when includes_pauses and is_answered and (local_includes_to is null or ended_at <= local_includes_to) then seconds else 0 end as local_held_seconds
    from paused
),

least_spent as (
    select
        *,
        position - sum(held_seconds) over (partition by system, code, spell) as least_position,
        local_position - sum(local_held_seconds) over (partition by system, code, spell) as local_least_position
    from held
),

spent as (
    select
        system, code, spell, calendar, due_at, local_due_at, position, local_position, closes, local_closes
        {%- for reading in ('', 'local_') %},
        cast(
            max({{ reading }}least_position) + sum(case when spent_before <= {{ reading }}least_position then coalesce(seconds, 0) else 0 end) as bigint
        ) as {{ reading }}spent_position,
        max(case when spent_before <= {{ reading }}least_position and ended_at is null then 1 else 0 end) = 1 as {{ reading }}stands
        {%- endfor %}
    from least_spent
    group by system, code, spell, calendar, due_at, local_due_at, position, local_position, closes, local_closes
)

select
    o.system, o.code, o.spell
    {%- for reading, hour in (('', 'h'), ('local_', 'k')) %},
    case
        when o.{{ reading }}stands then null
        when o.{{ reading }}spent_position = o.{{ reading }}position then o.{{ reading }}due_at
        when o.{{ reading }}closes = 1 then cast({{ hour }}.day as timestamp) + interval '1 second' * {{ second_of_day('o.' ~ reading ~ 'due_at') }}
        else {{ working_moment('o.' ~ reading ~ 'spent_position', hour) }}
    end as {{ reading }}spent_at
    {%- endfor %}
from spent as o
left join {{ ref('dim_work_hour') }} as h on h.calendar = o.calendar and {{ holds_position('h', '(o.spent_position - o.closes)') }}
left join {{ ref('dim_work_hour') }} as k on k.calendar = o.calendar and {{ holds_position('k', '(o.local_spent_position - o.local_closes)') }}
