{#
  Budgets by unit (itself alone), month, kind and source, of all money and of digital-transformation money: cumulative amounts as of that month. A unit
  that has not reported a month stands as in its last report of the year; reported_month says which that is.
#}
with line as (
    select f.*, a.scope from {{ ref('fct_budget') }} as f
    cross join (values ('all'), ('digital')) as a (scope)
    where a.scope = 'all' or f.is_digital
),

told as (
    select unit, year, month, min(month_start) as month_start from {{ ref('fct_budget') }} group by unit, year, month
),

last_month as (
    select year, max(month) as month from told group by year
),

{# The months of a year up to the last that anybody reported. #}
calendar as (
    select l.year, cast(n.value as bigint) as month
    from last_month as l cross join generate_series(1, 12) as n (value)
    where n.value <= l.month
),

standing as (
    select u.unit, c.year, c.month, max(t.month) as reported_month
    from (select distinct unit, year from told) as u
    inner join calendar as c on c.year = u.year
    inner join told as t on t.unit = u.unit and t.year = c.year and t.month <= c.month
    group by u.unit, c.year, c.month
)

select
    s.unit, s.year, s.month, s.reported_month, l.kind, l.source, l.scope
    {%- for state in money_states() %}, {{ sum_count('l.' ~ state) }} as {{ state }}{% endfor %}
from standing as s
inner join line as l on l.unit = s.unit and l.year = s.year and l.month = s.reported_month
group by s.unit, s.year, s.month, s.reported_month, l.kind, l.source, l.scope
