{#
  The post's log against the one-stop shop, by day, unit (itself alone), office and kind of work: pieces by how they were matched, what contradicts, pages against files, and how many minutes lie between the shop's moment (reception, end,
  return) and the beginning of the work. Dossiers that the shop received by post and the log does not
  know are rows of their own, of the day of their reception, without an office.
#}
with lacking as (
    select cast(received_at as date) as day, unit, count(*) as dossiers from {{ ref('postal_missing') }} group by cast(received_at as date), unit
)

select
    day, unit, office, kind, pieces, exact, approximate, ambiguous, contradicted, unmatched, without_code, claimed_twice, failed, pages, files, pages_without_files,
    files_without_pages, lag_15_minutes, lag_1_hour, lag_same_day, lag_other_day, lag_pieces, lag_minutes,
    {{ hundredths('pages', 'files') }} as pages_a_file, {{ hundredths('lag_minutes', 'lag_pieces') }} as mean_lag, cast(0 as bigint) as post_without_work
from {{ ref('postal_daily') }}
union all
select
    day, unit, cast(null as {{ dbt.type_string() }}), 'receive'
    {%- for _ in range(19) %}, 0{% endfor %}, null, null, dossiers
from lacking
