{# Points by group and in all, with rating and rank. #}
select
    kind, code, {{ labelled('code', 'group') }} as code_name, {{ period_key("'calendar'", 'grain', 'period_end') }} as period_key, 'calendar' as period_set,
    grain, period_start, period_end, unit, cast(points as decimal(20, 2)) as points, scored_points, max_points, cast(share as decimal(20, 2)) as share,
    rating, {{ labelled('rating', 'rating') }} as rating_name, is_ranked, cast(place_in_class as bigint) as place_in_class,
    cast(ranked_in_class as bigint) as ranked_in_class, for_reference
from {{ ref('indicator_score') }}
