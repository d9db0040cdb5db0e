{#
  The specialised databases as they stood on each day, by what was known at its end: `day` is that day, so that the tracker of any past day can be
  read as it was. docs/databases.md says how each column comes about.
#}
{#- Points, of a hundred, that progress and money may lie apart. -#}
{%- set gap = 40 -%}
{#- 80 of 100 cases lie within 1.28 standard deviations; half as much again was fitted on simulated databases, as were the doubt and the slips. -#}
{%- set z, doubt = '(1.2815515655 * 1.5)', '0.35' -%}
{%- set bounds = [('from', '0.6', 'least(months_left, 600) / widening'), ('expected', '1.25', 'least(months_left, 600)'), ('to', '2.8', 'least(months_left * widening, 600)')] -%}
with clock as (
    select cast(as_of - interval '1 second' as date) as today from {{ ref('stg_run') }}
),

daily as (
    select d.day, s.*
    from {{ ref('database_state') }} as s
    inner join {{ date_series('(select min(from_day) from ' ~ ref('database_state') ~ ')', '(select today from clock)', 'day') }} as d
        on d.day >= s.from_day and (s.to_day is null or d.day < s.to_day)
),

weighted as (
    select
        *,
        {% for name in milestones() %}{{ ' + ' if not loop.first }}coalesce({{ name }}_weight, 0){% endfor %} as weights,
        {% for name in milestones() %}{{ ' + ' if not loop.first }}case when {{ name }}_planned <= day then coalesce({{ name }}_weight, 0) else 0 end{% endfor %} as planned_weight,
        {% for name in milestones() %}{{ ' + ' if not loop.first }}case when {{ name }}_actual <= day then coalesce({{ name }}_weight, 0) else 0 end{% endfor %} as actual_weight,
        {# The first milestone that should have been reached and was not. #}
        case
            {%- for name in milestones() %}
            when {{ name }}_planned < day and {{ name }}_actual is null then {{ name }}_planned
            {%- endfor %}
        end as overdue_since,
        case
            {%- for name in milestones() %}
            when {{ name }}_planned < day and {{ name }}_actual is null then '{{ name }}'
            {%- endfor %}
        end as overdue_milestone,
        cast({{ add_months('reported_month', '1') }} as date) as reported_to,
        planned_records - held as missing_records,
        coalesce(operated_actual is not null and held >= planned_records, false) as is_done,
        {# At first records come in ever faster: of up to four spans the best counts, later the last three where they were better than six. #}
        case
            when spans_of_pace > 4 then greatest(cast(grown as double precision) / months, cast(grown_of_late as double precision) / months_of_late)
            when spans_of_pace > 1 then best_pace
        end as pace
    from daily
),

paced as (
    select
        *,
        case when missing_records > 0 and pace > 0 then missing_records / pace when missing_records <= 0 then 0.0 end as months_left,
        {# Squared, relative to the pace: what the spans differ by, and what is not known of any pace. #}
        case when pace > 0 then greatest(squares - 2 * pace * grown + pace * pace * months, 0) / (spans_of_pace - 1) / (pace * pace) + {{ doubt }} * {{ doubt }} end as spread
    from weighted
),

bounded as (
    select
        *,
        1 + {{ z }} * sqrt(spread * (1.0 / months + 1 / greatest(months_left, 0.25))) as widening,
        {# What is converted comes to seven tenths of the records, so much remains until the milestone. #}
        case when missing_records > 0 then greatest(0.7 * planned_records - held, 0) / missing_records else 1.0 end as share_to_migration
    from paced
),

{#
  When the records are there, and when it is operated: as it was, or a while after the milestone before it, as long as planned times what milestones take
  longer. The later of the two is the finish.
#}
finish as (
    select
        *,
        case
            when is_done then 'done'
            when months_left <= 600 then 'pace'
            when pace is not null then 'no_pace'
            when overdue_since is not null and operated_planned is not null then 'plan_and_delay'
            when operated_planned is not null then 'plan'
            else 'no_plan'
        end as finish_method
        {%- for bound, slip, months in bounds %},
        {{ month_share_later('reported_to', months) }} as records_{{ bound }},
        case
            when operated_actual is not null then operated_actual
            when connected_actual is not null then {{ add_days('connected_actual', 'cast(round((operated_planned - connected_planned) * ' ~ slip ~ ') as integer)') }}
            when migrated_actual is not null then {{ add_days('migrated_actual', 'cast(round((operated_planned - migrated_planned) * ' ~ slip ~ ') as integer)') }}
            else {{ add_days(month_share_later('reported_to', '(' ~ months ~ ') * share_to_migration'), 'cast(round((operated_planned - migrated_planned) * ' ~ slip ~ ') as integer)') }}
        end as operated_{{ bound }}
        {%- endfor %}
    from bounded
),

{# What is not done today is done today at the earliest. #}
dated as (
    select
        *,
        case finish_method
            when 'done' then operated_actual
            when 'pace' then greatest(records_expected, operated_expected, day)
            when 'plan_and_delay' then greatest({{ add_days('operated_planned', '(day - overdue_since)') }}, day)
            when 'plan' then greatest(operated_planned, day)
        end as expected_finish,
        case finish_method when 'done' then operated_actual when 'pace' then greatest(records_from, operated_from, day) end as finish_from,
        case finish_method when 'done' then operated_actual when 'pace' then greatest(records_to, operated_to, day) end as finish_to
    from finish
),

checked as (
    select
        *,
        coalesce(
            (actual_weight * planned_amount - coalesce(amount_spent, 0) * weights) * 100 >= {{ gap }} * weights * planned_amount, false
        ) and reported_month is not null as progress_without_money,
        coalesce((amount_spent * weights - actual_weight * planned_amount) * 100 >= {{ gap }} * weights * planned_amount, false) as money_without_progress,
        operated_actual is not null and coalesce(records, 0) = 0 as operated_without_records,
        coalesce(
            not is_done and records = records_before and coalesce(amount_spent, -1) = coalesce(amount_before, -1) and records > 0
            {%- for name in milestones() %} and {{ name }}_actual is not distinct from {{ name }}_before{% endfor %}, false
        ) as report_copied,
        coalesce(records < records_before, false) or coalesce(amount_spent < amount_before, false)
        {%- for name in milestones() %} or ({{ name }}_actual is null and {{ name }}_before is not null){% endfor %} as progress_fell,
        case when reported_to is null then day - first_known_day else day - reported_to end as days_since_report
    from (select d.*, min(d.day) over (partition by d.code) as first_known_day from dated as d) as w
)

select
    c.day, c.system, c.code, c.name, c.owner, u.name as owner_name, c.basis, c.procedures,
    c.planned_weight, c.actual_weight, c.weights,
    {{ per_cent('c.planned_weight', 'c.weights') }} as planned_progress, {{ per_cent('c.actual_weight', 'c.weights') }} as actual_progress,
    c.overdue_milestone, cast(c.day - c.overdue_since as bigint) as days_overdue,
    {{ tenths_of_months('c.day - c.overdue_since') }} as months_late,
    c.planned_records, c.records, c.held as most_records, {{ per_cent('c.held', 'c.planned_records') }} as records_share,
    case when c.pace is not null then cast(round(cast(c.pace as numeric), 0) as bigint) end as records_a_month,
    {# What would be needed from now on to have all records when operation is planned. #}
    case when c.missing_records > 0 and c.operated_planned > c.day
        then {{ whole_division('c.missing_records * 30 + (c.operated_planned - c.day) - 1', '(c.operated_planned - c.day)') }} end as records_a_month_needed,
    c.planned_amount, c.amount_spent, {{ per_cent('c.amount_spent', 'c.planned_amount') }} as amount_share,
    c.operated_planned, c.first_operated_planned, c.rebaselines, c.rebaselined_on,
    c.expected_finish, c.finish_from, c.finish_to, c.finish_method, c.owner_expects,
    c.reported_month, cast(c.days_since_report as bigint) as days_since_report,
    c.progress_without_money, c.money_without_progress, c.operated_without_records, c.report_copied, c.progress_fell,
    case
        when c.is_done then 'done'
        when c.days_since_report > 45 then 'no_report'
        when c.day - c.overdue_since > 60 or c.expected_finish > {{ add_months('c.operated_planned', '3') }} then 'late'
        when c.overdue_since is not null or c.expected_finish > {{ add_months('c.operated_planned', '1') }} or c.finish_method in ('no_pace', 'no_plan')
            or c.progress_without_money or c.money_without_progress or c.operated_without_records or c.report_copied or c.progress_fell then 'at_risk'
        else 'on_track'
    end as status
from checked as c
left join {{ ref('dim_unit') }} as u on u.code = c.owner
