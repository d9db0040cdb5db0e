{#
  Points of the national index, one row a calendar month, quarter or year, unit and indicator; all units that there are in the period, whether they have
  figures or not. Where there are no points, `reason` says why, and they are not zero: no_source (nobody gives it yet), not_told (this source does
  not), no_cases (nothing to divide by), unscored (no scoring is known, or what it depends on has no source), information.
#}
with period as (
    select p.grain, p.period_start, p.period_end
    from {{ ref('dim_period') }} as p
    where p.period_set = 'calendar' and p.period_end >= (select min(d.day) from {{ ref('dossier_daily') }} as d)
),

line as (
    select
        p.grain, p.period_start, p.period_end, u.code as unit, u.level, i.indicator, i.official_code, i.group_code, i.points as max_points, i.scoring,
        i.threshold, i.missing_vi is not null as has_no_source, p.period_start < s.since as for_reference, i.position,
        v.indicator is not null as has_row, v.numerator, v.denominator, v.value
    from period as p
    inner join {{ ref('dim_unit') }} as u
        on coalesce(u.valid_from, p.period_end) <= p.period_end and coalesce(u.valid_to, p.period_start) >= p.period_start
    cross join {{ ref('indicator') }} as i
    cross join {{ ref('stg_scoring') }} as s
    left join {{ ref('indicator_values') }} as v
        on v.indicator = i.indicator and v.period_set = 'calendar' and v.grain = p.grain and v.period_start = p.period_start
        and v.unit = u.code and v.channel = 'all'
    where i.group_code is not null
)

select
    grain, period_start, period_end, unit, level, indicator, official_code, group_code, position, numerator, denominator, value, max_points,
    case
        when denominator > 0 and scoring = 'linear' then {{ hundredths('numerator * max_points', 'denominator') }}
        when denominator > 0 and scoring = 'threshold' and numerator * 100 >= threshold * denominator then cast(max_points as decimal(20, 2))
        when denominator > 0 and scoring = 'threshold' then {{ hundredths('numerator * max_points * 100', 'denominator * threshold') }}
    end as points,
    case
        when has_no_source then 'no_source'
        when not has_row then 'no_cases'
        when denominator is null then 'not_told'
        when denominator = 0 then 'no_cases'
        when max_points is null then 'information'
        when scoring is null then 'unscored'
    end as reason,
    for_reference
from line
