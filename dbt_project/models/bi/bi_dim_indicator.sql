{#
  The catalogue, with what may be added up. Measures say it: stocks (and opening stocks) are not added over time, transfers between units not over units,
  and numbers of distinct procedures not at all.
#}
with named as (
    select *, coalesce(numerator, '') || ' ' || coalesce(denominator, '') as measures from {{ ref('indicator') }}
),

told as (
    select
        *,
        measures like '%services%' as has_distinct, measures like '%transferred%' as has_transfers,
        {% for stock in stocks() + ['petitions_open'] %}{{ ' or ' if not loop.first }}measures like '%{{ stock }}%'{% endfor %} as has_stock
    from named
),

summed as (
    select
        *,
        case
            when numerator is null then 'none'
            when has_distinct then 'not_additive'
            when has_transfers then 'semi_additive_units'
            when has_stock and denominator is not null then 'ratio_semi_additive_time'
            when has_stock then 'semi_additive_time'
            when denominator is not null then 'ratio'
            else 'additive'
        end as additivity
    from told
)

select
    indicator, official_code, name_vi, name_en, group_code, {{ labelled('group_code', 'group') }} as group_name, basis, certainty,
    {{ labelled('certainty', 'certainty') }} as certainty_name, note, unit as measured_in, kind, denominator is not null as is_ratio,
    {{ listed_as('indicator', 'direction') }} as direction, numerator, denominator, counted_by, points as max_points, scoring, threshold, additivity,
    {{ labelled('additivity', 'how_to_sum') }} as how_to_sum,
    numerator is not null and not has_distinct and not has_transfers as sums_over_units,
    numerator is not null and not has_distinct and not has_stock as sums_over_periods,
    missing_vi, position
from summed
