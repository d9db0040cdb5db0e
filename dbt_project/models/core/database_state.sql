{#
  What was known of a specialised database between two days on which something became known: its plan, how often that was changed, its two newest
  reports, and how its records grew over the last six spans between reports, and over the last three.
#}
with change as (
    select code, from_day as day from {{ ref('database_known') }}
    union
    select code, to_day from {{ ref('database_known') }} where to_day is not null
),

span as (
    select code, day as from_day, lead(day) over (partition by code order by day) as to_day from change
),

plan as (
    select s.from_day, s.to_day, v.*, row_number() over (partition by s.code, s.from_day order by k.from_day desc, {{ binary_order('k.system') }}) as place
    from span as s
    inner join {{ ref('database_known') }} as k
        on k.kind = 'plan' and k.code = s.code and k.from_day <= s.from_day and (k.to_day is null or k.to_day > s.from_day)
    inner join {{ ref('database_version') }} as v on v.system = k.system and v.code = k.row_code and v.version_no = k.version_no
),

{# Plans that were known up to then: another date, number or sum is a new baseline. #}
baseline as (
    select
        s.code, s.from_day,
        count(distinct concat_ws('|', {% for name in milestones() %}coalesce(cast(v.{{ name }}_planned as varchar), '-'), {% endfor %}coalesce(cast(v.planned_records as varchar), '-'), coalesce(cast(v.planned_amount as varchar), '-'))) as baselines,
        min(k.from_day) as first_known, max(k.from_day) as last_changed
    from span as s
    inner join {{ ref('database_known') }} as k on k.kind = 'plan' and k.code = s.code and k.from_day <= s.from_day
    inner join {{ ref('database_version') }} as v on v.system = k.system and v.code = k.row_code and v.version_no = k.version_no
    group by s.code, s.from_day
),

first_plan as (
    select code, operated_planned
    from (
        select k.code, v.operated_planned, row_number() over (partition by k.code order by k.from_day, v.version_no) as place
        from {{ ref('database_known') }} as k
        inner join {{ ref('database_version') }} as v on v.system = k.system and v.code = k.row_code and v.version_no = k.version_no
        where k.kind = 'plan'
    ) as ordered
    where place = 1
),

report as (
    select
        code, from_day, month, records, amount_spent, expected_finish
        {%- for name in milestones() %}, {{ name }}_actual{% endfor %},
        row_number() over (partition by code, from_day order by month desc) as age
    from (
        select
            s.code, s.from_day, {{ period_start('month', 'v.month') }} as month, v.records, v.amount_spent, v.expected_finish
            {%- for name in milestones() %}, v.{{ name }}_actual{% endfor %},
            row_number() over (partition by s.code, s.from_day, {{ period_start('month', 'v.month') }} order by k.from_day desc, {{ binary_order('k.row_code') }}) as place
        from span as s
        inner join {{ ref('database_known') }} as k
            on k.kind = 'report' and k.code = s.code and k.from_day <= s.from_day and (k.to_day is null or k.to_day > s.from_day)
        inner join {{ ref('database_report_version') }} as v on v.system = k.system and v.code = k.row_code and v.version_no = k.version_no
    ) as told
    where place = 1
),

{#
  How records grow. They are cumulative, so that a report of fewer than before is taken for a miscount: the most that was told counts. Months before the
  first record are no growth.
#}
told as (
    select code, from_day, month, max(records) over (partition by code, from_day order by month rows unbounded preceding) as held
    from report where records is not null
),

grown as (
    select
        code, from_day, month, held, held - lag(held) over life as grown, {{ months_between('lag(month) over life', 'month') }} as months
    from told
    window life as (partition by code, from_day order by month)
),

latest_growth as (
    select *, row_number() over (partition by code, from_day order by month desc) as age
    from grown where held > 0 and months > 0
),

pace as (
    select
        code, from_day,
        {{ sum_count('case when age <= 6 then grown end') }} as grown, {{ sum_count('case when age <= 6 then months end') }} as months,
        {{ sum_count('case when age <= 3 then grown end') }} as grown_of_late, {{ sum_count('case when age <= 3 then months end') }} as months_of_late,
        sum(case when age <= 6 then cast(grown as double precision) * grown / months end) as squares,
        {{ sum_count('case when age <= 6 then 1 else 0 end') }} as spans_of_pace, max(cast(grown as double precision) / months) as best_pace
    from latest_growth
    group by code, from_day
)

select
    p.code, p.system, p.from_day, p.to_day, p.name, p.owner, p.basis, p.procedures, p.planned_records, p.planned_amount
    {%- for name in milestones() %}, p.{{ name }}_planned, p.{{ name }}_weight{% endfor %},
    b.baselines - 1 as rebaselines, case when b.baselines > 1 then b.last_changed end as rebaselined_on, f.operated_planned as first_operated_planned,
    r.month as reported_month, r.records, r.amount_spent, r.expected_finish as owner_expects
    {%- for name in milestones() %}, r.{{ name }}_actual{% endfor %},
    e.month as month_before, e.records as records_before, e.amount_spent as amount_before
    {%- for name in milestones() %}, e.{{ name }}_actual as {{ name }}_before{% endfor %},
    t.held, g.spans_of_pace, g.grown, g.months, g.grown_of_late, g.months_of_late, g.squares, g.best_pace
from plan as p
inner join baseline as b on b.code = p.code and b.from_day = p.from_day
inner join first_plan as f on f.code = p.code
left join report as r on r.code = p.code and r.from_day = p.from_day and r.age = 1
left join report as e on e.code = p.code and e.from_day = p.from_day and e.age = 2
left join (select code, from_day, max(held) as held from told group by code, from_day) as t on t.code = p.code and t.from_day = p.from_day
left join pace as g on g.code = p.code and g.from_day = p.from_day
where p.place = 1
