{#
  The share on time (2.1, national reading) that the month's end is expected to show: one row a unit, with an interval that is to hold it in 80 of
  100 cases.

  Method. What has ended counts as it is, and so do dossiers that are past their limit. An open one whose limit is spent after the month, or whose
  clock stands, is within it at the month's end. Of the others, each with n working days left, a share p(n) will end in time: the share of those
  that did so of the dossiers due in the last 180 days that were still open with n days left, in the unit, drawn towards the province's by the
  weight of 20 dossiers. Receptions to come are taken to be as many a working day as in the last 28 days, and at the month's end as many of them will be
  within their limit as are today of those received in as many days before today. The interval is the normal approximation to the sum of such chances,
  with the doubt about p(n) in it, and half as wide again: on a simulated year it held 60 of 100 months' ends otherwise, since dossiers of a
  unit do not fare independently of each other.
#}
{#- 80 of 100 cases lie within 1.28 standard deviations. -#}
{%- set widening = 1.2815515655 * 1.5 -%}
with month as (
    select
        {{ period_start('month', "as_of - interval '1 second'") }} as month, as_of,
        cast({{ add_months(period_start('month', "as_of - interval '1 second'"), '1') }} as timestamp) as month_end
    from {{ ref('stg_run') }}
),

bucket as (
    {% for days in (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20) %}{{ 'union all ' if not loop.first }}select cast({{ days }} as bigint) as days_left {% endfor %}
),

{# Of the spells due of late, how many working days before the limit they ended; those that did not end in time count as -1. #}
past_spell as (
    select
        s.unit, case when s.verdict in ('early', 'on_time') then 1 else 0 end as in_time,
        case
            when s.verdict in ('early', 'on_time') then d.days_before + case when d.seconds > 0 then 1 else 0 end - e.days_before
            else 0
        end as days_left
    from {{ ref('fct_dossier_spell') }} as s
    cross join month as m
    inner join {{ ref('dim_workday') }} as d on d.calendar = s.calendar and d.day = cast(s.spent_at as date)
    left join {{ ref('dim_workday') }} as e on e.calendar = s.calendar and e.day = cast(s.ended_at as date)
    where s.spent_at < m.as_of and s.spent_at >= m.as_of - interval '180 days' and s.verdict <> 'without_due'
),

{# Still open with n days left are those that ended with n or fewer. #}
history as (
    select p.unit, b.days_left, count(*) as dossiers, sum(p.in_time) as in_time
    from past_spell as p inner join bucket as b on p.days_left <= b.days_left
    group by p.unit, b.days_left
),

province as (
    select days_left, cast(sum(in_time) as double precision) / sum(dossiers) as share from history group by days_left
),

at_risk as (
    select unit, days_left, count(*) as dossiers
    from (
        select o.unit, (select max(b.days_left) from bucket as b where b.days_left <= greatest(o.days_left, 1)) as days_left
        from {{ ref('dossier_open') }} as o cross join month as m
        where o.standing = 'within' and o.spent_at < m.month_end - interval '1 second'
    ) as o
    group by unit, days_left
),

expected as (
    select
        r.unit, r.dossiers,
        (coalesce(h.in_time, 0) + 20 * coalesce(p.share, 1)) / (coalesce(h.dossiers, 0) + 20) as chance,
        coalesce(h.dossiers, 0) + 20 as weight
    from at_risk as r
    left join history as h on h.unit = r.unit and h.days_left = r.days_left
    left join province as p on p.days_left = r.days_left
),

by_unit as (
    select
        a.ancestor as unit, {{ sum_count('e.dossiers') }} as at_risk, sum(e.dossiers * e.chance) as mean,
        sum(e.dossiers * e.chance * (1 - e.chance) + e.dossiers * e.dossiers * e.chance * (1 - e.chance) / e.weight) as variance
    from expected as e inner join {{ ref('unit_ancestor') }} as a on a.unit = e.unit
    group by a.ancestor
),

working_days as (
    select
        {{ sum_count('case when d.day < m.as_of then 1 else 0 end') }} as before, {{ sum_count('case when d.day >= m.as_of then 1 else 0 end') }} as ahead
    from {{ ref('dim_workday') }} as d cross join month as m
    where d.calendar = '' and d.seconds > 0 and d.day >= m.as_of - interval '28 days' and d.day < m.month_end
),

received as (
    select
        s.resolving_unit as unit, case when s.received_at >= m.as_of - interval '28 days' then 1 else 0 end as of_late,
        case when s.received_at >= m.as_of - (m.month_end - m.as_of) then 1 else 0 end as alike,
        case when s.verdict in ('late', 'past', 'without_due') then 0 else 1 end as within
    from {{ ref('fct_dossier_spell') }} as s cross join month as m
    where s.is_last and s.received_at >= m.as_of - interval '31 days'
),

alike as (
    select cast(sum(alike * within) + 20 as double precision) / (sum(alike) + 20) as share from received
),

expected_receptions as (
    select
        r.unit, cast(sum(r.of_late) as double precision) * max(w.ahead) / max(w.before) as dossiers,
        (sum(r.alike * r.within) + 20 * max(a.share)) / (sum(r.alike) + 20) as share
    from received as r
    cross join working_days as w
    cross join alike as a
    where w.before > 0
    group by r.unit
),

arriving as (
    select a.ancestor as unit, sum(r.dossiers) as dossiers, sum(r.dossiers * r.share) as within
    from expected_receptions as r inner join {{ ref('unit_ancestor') }} as a on a.unit = r.unit
    group by a.ancestor
),

put_together as (
    select
        s.unit, s.month, s.ended_within, s.ended, s.open_past, s.open_dossiers, coalesce(b.at_risk, 0) as at_risk,
        coalesce(n.dossiers, 0) as arriving, s.ended + s.open_dossiers + coalesce(n.dossiers, 0) as denominator,
        s.ended_within + s.open_dossiers - s.open_past - o.without_due - coalesce(b.at_risk, 0) + coalesce(b.mean, 0) + coalesce(n.within, 0) as mean,
        coalesce(b.variance, 0) as variance, coalesce(n.within, 0) as arriving_within,
        s.ended_within as floor_count, s.ended_within + s.open_dossiers - s.open_past - o.without_due + coalesce(n.dossiers, 0) as ceiling_count
    from {{ ref('month_so_far') }} as s
    left join by_unit as b on b.unit = s.unit
    left join arriving as n on n.unit = s.unit
    inner join (
        select
            a.ancestor as unit, {{ sum_count("case when d.standing = 'without_due' then 1 else 0 end") }} as without_due
        from {{ ref('unit_ancestor') }} as a left join {{ ref('dossier_open') }} as d on d.unit = a.unit
        group by a.ancestor
    ) as o on o.unit = s.unit
),

{# Numbers of receptions vary, too (Poisson): each adds to the numerator or not, and to the denominator. #}
doubted as (
    select
        *,
        {{ widening }} * sqrt(greatest(
            variance
            + arriving_within * (1 - mean / denominator) * (1 - mean / denominator)
            + (arriving - arriving_within) * (mean / denominator) * (mean / denominator), 0
        )) as margin
    from put_together
    where denominator > 0
)

select
    unit, month, ended_within, ended, open_dossiers, open_past, at_risk, cast(round(cast(arriving as decimal(18, 6)), 1) as decimal(18, 1)) as arriving,
    cast(round(cast(100 * mean / denominator as decimal(18, 6)), 2) as decimal(5, 2)) as expected_share,
    cast(round(cast(100 * greatest(mean - margin, floor_count) / denominator as decimal(18, 6)), 2) as decimal(5, 2)) as low,
    cast(round(cast(100 * least(mean + margin, ceiling_count) / denominator as decimal(18, 6)), 2) as decimal(5, 2)) as high
from doubted
