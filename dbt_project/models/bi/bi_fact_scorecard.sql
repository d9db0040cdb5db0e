{# Points by indicator; a line without a numerator has a reason instead. #}
select
    indicator, {{ period_key("'calendar'", 'grain', 'period_end') }} as period_key, 'calendar' as period_set, grain, period_start, period_end, unit,
    numerator, denominator, cast(value as decimal(20, 2)) as value, max_points, cast(points as decimal(20, 2)) as points,
    reason, {{ labelled('reason', 'reason') }} as reason_name, for_reference
from {{ ref('indicator_scorecard') }}
