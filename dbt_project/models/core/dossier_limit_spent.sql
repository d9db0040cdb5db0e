{#
  The moment at which the limit of spells with pauses is spent, in both readings; null while the clock stands. What of the pauses so far a due date
  holds is taken off it (least), and each pause that begins no later than the limit is spent is added. A due date at or after the closing of its day
  is a day rather than a moment: moved, it is that time of the day that it comes to.
#}
{%- set readings = [{'name': '', 'due': 'n', 'hour': 'h'}, {'name': 'local_', 'due': 'c', 'hour': 'k'}] %}
with paused as (
    select
        s.system, s.code, s.spell, p.place, p.seconds, p.is_answered, p.began_at, p.ended_at, p.began_position, s.calendar, s.includes_pauses,
        s.local_includes_to, cast(t.day as timestamp) as closed_on, {{ working_closing('p.began_position', 't') }} as closed_at,
        p.began_position - coalesce(sum(p.seconds) over (
            partition by s.system, s.code, s.spell order by p.place rows between unbounded preceding and 1 preceding
        ), 0) as spent_before
        {%- for r in readings %},
        s.{{ r.name }}due_at, {{ second_of_day('s.' ~ r.name ~ 'due_at') }} as {{ r.name }}due_second,
        {{ working_position('s.' ~ r.name ~ 'due_at', r.due) }} as {{ r.name }}position,
        {{ working_position('s.' ~ r.name ~ 'due_at', r.due) }} = {{ r.due }}.seconds_before + {{ r.due }}.seconds as {{ r.name }}closes
        {%- endfor %}
    from {{ touched_rows(ref('dossier_pause')) }} as p
    inner join {{ ref('dossier_spell') }} as s on s.system = p.system and s.code = p.code and s.spell >= p.spell
    inner join {{ ref('dim_workday') }} as n on n.calendar = s.calendar and n.day = cast(s.due_at as date)
    inner join {{ ref('dim_workday') }} as c on c.calendar = s.calendar and c.day = cast(s.local_due_at as date)
    left join {{ ref('dim_work_hour') }} as t on t.calendar = s.calendar and {{ holds_position('t', '(p.began_position - 1)') }}
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
        *
        {%- for r in readings %},
        {{ r.name }}position - sum({{ r.name }}held_seconds) over (partition by system, code, spell) as {{ r.name }}least_position
        {%- endfor %}
    from held
),

{# Where no working time lies between the two, their moments decide: papers asked for after closing, of a dossier that was due at closing, are too late. #}
compared as (
    select
        *
        {%- for r in readings %},
        case
            when spent_before <> {{ r.name }}least_position then spent_before > {{ r.name }}least_position
            when began_position = {{ r.name }}position then began_at > {{ r.name }}due_at
            when {{ r.name }}closes then began_at > greatest(closed_on + interval '1 second' * {{ r.name }}due_second, closed_at)
            else false
        end as {{ r.name }}is_after
        {%- endfor %}
    from least_spent
),

{# After a pause that came too late no other is added. #}
decided as (
    select
        *
        {%- for r in readings %},
        max(case when {{ r.name }}is_after then 1 else 0 end)
            over (partition by system, code, spell order by place rows unbounded preceding) = 0 as {{ r.name }}is_added
        {%- endfor %}
    from compared
),

spent as (
    select
        system, code, spell, calendar
        {%- for r in readings %},
        {{ r.name }}due_at, {{ r.name }}due_second, {{ r.name }}position, {{ r.name }}closes,
        cast(max({{ r.name }}least_position) + sum(case when {{ r.name }}is_added then coalesce(seconds, 0) else 0 end) as bigint) as {{ r.name }}spent_position,
        max(case when {{ r.name }}is_added and ended_at is null then 1 else 0 end) = 1 as {{ r.name }}stands
        {%- endfor %}
    from decided
    group by
        system, code, spell, calendar
        {%- for r in readings %}, {{ r.name }}due_at, {{ r.name }}due_second, {{ r.name }}position, {{ r.name }}closes{% endfor %}
)

select
    o.system, o.code, o.spell
    {%- for r in readings %},
    case
        when o.{{ r.name }}stands then null
        when o.{{ r.name }}spent_position = o.{{ r.name }}position then o.{{ r.name }}due_at
        when o.{{ r.name }}closes
            then greatest(cast({{ r.hour }}.day as timestamp) + interval '1 second' * o.{{ r.name }}due_second, {{ working_closing('o.' ~ r.name ~ 'spent_position', r.hour) }})
        else {{ working_moment('o.' ~ r.name ~ 'spent_position', r.hour) }}
    end as {{ r.name }}spent_at
    {%- endfor %}
from spent as o
{%- for r in readings %}
left join {{ ref('dim_work_hour') }} as {{ r.hour }}
    on {{ r.hour }}.calendar = o.calendar
        and {{ holds_position(r.hour, '(o.' ~ r.name ~ 'spent_position - case when o.' ~ r.name ~ 'closes then 1 else 0 end)') }}
{%- endfor %}
