{# marts.indicator_values with its keys. #}
select
    indicator, {{ period_key('period_set', 'grain', 'period_end') }} as period_key, period_set, grain, period_start, period_end, unit, channel,
    numerator, denominator, cast(value as decimal(20, 2)) as value, cast(completeness as decimal(20, 2)) as completeness
from {{ ref('indicator_values') }}
