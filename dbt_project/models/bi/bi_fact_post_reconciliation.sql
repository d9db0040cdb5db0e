{# The post's log against the one-stop shop, by day, desk alone, office and kind of work. #}
select
    {{ day_key('day') }} as period_key, day, unit, office, kind, {{ labelled('kind', 'postal_work') }} as kind_name, pieces, exact, approximate, ambiguous,
    contradicted, unmatched, without_code, exact + approximate as matched,
    cast({{ per_cent('(exact + approximate)', 'pieces') }} as decimal(20, 2)) as matched_share, claimed_twice, failed, pages, files,
    cast(pages_a_file as decimal(20, 2)) as pages_a_file, pages_without_files, files_without_pages, lag_15_minutes, lag_1_hour, lag_same_day, lag_other_day,
    lag_pieces, lag_minutes, cast(mean_lag as decimal(20, 2)) as mean_lag, post_without_work
from {{ ref('postal_reconciliation') }}
