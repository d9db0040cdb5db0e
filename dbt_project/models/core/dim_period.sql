{#
  Every period of every set that has begun and is not before the first dossier's year: its days are period_start to period_end, both
  included. Days are periods of the calendar alone, and not here.
#}
{# Of the year after as_of's, the first administrative ones have begun in December. #}
with year as (
    select distinct year_start from {{ ref('dim_date') }}
    union
    select {{ add_months('max(year_start)', '12') }} from {{ ref('dim_date') }}
),

ending as (
    select
        p.period_set, p.grain, p.months, p.months_shown, p.first_day,
        {{ add_months('y.year_start', 'p.end_month - 1') }} as month_start
    from {{ source('valid', 'period_ends') }} as p
    cross join year as y
),

bounded as (
    select
        period_set, grain, months, months_shown,
        {# A month that begins on the 15th of the one before ends on the 14th. #}
        case when first_day = 1 then {{ add_months('month_start', '1') }} else {{ add_days('month_start', 'first_day - 1') }} end as period_after
    from ending
),

period as (
    select
        period_set, grain,
        {{ add_months('period_after', '-months') }} as period_start, {{ add_days('period_after', '-1') }} as period_end,
        {{ add_months('period_after', '-months_shown') }} as shown_from
    from bounded
)

select p.period_set, p.grain, p.period_start, p.period_end
from period as p cross join {{ ref('stg_run') }} as r
where p.shown_from < r.as_of
