{#
  Every day of every calendar with its opening hours, as seconds of the day. The calendar '' is everybody's; a unit has one of its own when
  days off name it, and then those of the units above it hold there, too.
#}
with holiday as (
    select day, kind, hours, unit from {{ ref('holiday_version') }} where known_to is null and not is_deleted
    union all
    {# Where no source tells days off, those that are usual in the country are taken. #}
    select day, kind, null, null from {{ source('valid', 'usual_days') }}
    where not exists (select 1 from {{ ref('holiday_version') }} as h where h.known_to is null and not h.is_deleted and h.unit is null)
),

weekday as (
    select cast(code as bigint) as weekday, hours from {{ ref('work_time_version') }} where known_to is null and not is_deleted
    union all
    select weekday, hours from {{ source('valid', 'usual_hours') }}
    where not exists (select 1 from {{ ref('work_time_version') }} as w where w.known_to is null and not w.is_deleted)
),

calendar as (
    select '' as calendar
    union
    select unit from holiday where unit is not null
),

{# The nearest unit that says something of a day has the last word. #}
entry as (
    select
        c.calendar, h.day, h.kind, h.hours,
        row_number() over (
            partition by c.calendar, h.day
            order by a.depth nulls last, case h.kind when 'worked' then 0 else 1 end, h.hours nulls last
        ) as place
    from calendar as c
    cross join holiday as h
    left join {{ ref('unit_ancestor') }} as a on a.unit = c.calendar and a.ancestor = h.unit
    where h.unit is null or a.unit is not null
),

bounds as (
    select
        date_trunc('year', coalesce((select min(received_at) from {{ ref('fct_dossier') }}), as_of)) as first_day,
        date_trunc('year', as_of) + interval '4 years' - interval '1 day' as last_day
    from {{ ref('stg_run') }}
),

opened as (
    select
        c.calendar, s.day,
        case e.kind
            when 'off' then null
            when 'worked' then coalesce(e.hours, (select max(m.hours) from weekday as m where m.weekday = 1))
            else w.hours
        end as hours
    from {{ date_series('(select first_day from bounds)', '(select last_day from bounds)', 'day') }} as s
    cross join calendar as c
    left join entry as e on e.calendar = c.calendar and e.day = s.day and e.place = 1
    left join weekday as w on w.weekday = extract(isodow from s.day)
),

span as (
    select
        calendar, day
        {%- for span in range(1, 5) %}
        , {{ span_bound('hours', span, 1) }} as opens_{{ span }}, {{ span_bound('hours', span, 2) }} as closes_{{ span }}
        {%- endfor %}
    from opened
),

measured as (
    select *, {% for span in range(1, 5) %}{{ ' + ' if not loop.first }}closes_{{ span }} - opens_{{ span }}{% endfor %} as seconds from span
)

select
    *,
    cast(coalesce(sum(seconds) over (partition by calendar order by day rows between unbounded preceding and 1 preceding), 0) as bigint) as seconds_before,
    cast(coalesce(sum(case when seconds > 0 then 1 else 0 end) over (partition by calendar order by day rows between unbounded preceding and 1 preceding), 0) as bigint) as days_before
from measured
