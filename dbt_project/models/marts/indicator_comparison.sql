{#
  Each figure of a period beside the one of the same period of the year before, in the same period set: the bounds of both are named. Days are not compared.
#}
select
    v.indicator, v.period_set, v.grain, v.period_start, v.period_end, v.unit, v.channel, v.numerator, v.denominator, v.value,
    {{ add_months('v.period_start', '-12') }} as last_year_start, b.period_end as last_year_end,
    b.numerator as last_year_numerator, b.denominator as last_year_denominator, b.value as last_year_value, v.value - b.value as change
from {{ ref('indicator_values') }} as v
left join {{ ref('indicator_values') }} as b
    on b.indicator = v.indicator and b.period_set = v.period_set and b.grain = v.grain and b.unit = v.unit and b.channel = v.channel
    and b.period_start = {{ add_months('v.period_start', '-12') }}
    {# The year to date of each month begins on the same day. #}
    and (v.period_set <> 'year_to_date' or extract(month from b.period_end) = extract(month from v.period_end))
where v.grain <> 'day'
