{#
  The post's log against the one-stop shop, by day, unit (itself alone), office and kind of work: pieces by how they were matched, what contradicts, pages against files, and how many minutes lie between the shop's moment (reception, end,
  return) and the beginning of the work. Dossiers that the shop received by post and the log does not
  know are rows of their own, of the day of their reception, without an office.
#}
with event as (
    select
        e.*, cast(e.began_at as date) as day,
        case e.work when 'receive' then d.received_at when 'return' then d.returned_at when 'digitize_components' then d.received_at when 'digitize_result' then d.ended_at end as moment
    from {{ ref('fct_postal_event') }} as e
    left join {{ ref('fct_dossier') }} as d on d.system = e.dossier_system and d.code = e.dossier_code
),

timed as (
    select
        *,
        {{ whole_division(
            'abs((cast(began_at as date) - cast(moment as date)) * 86400 + ' ~ second_of_day('began_at') ~ ' - ' ~ second_of_day('moment') ~ ')', '60'
        ) }} as lag_minutes
    from event
),

added as (
    select
        day, unit, office, kind, count(*) as pieces
        {%- for match in ('exact', 'approximate', 'ambiguous', 'contradicted', 'unmatched', 'missing') %},
        {{ sum_count("case when match = '" ~ match ~ "' then 1 else 0 end") }} as {{ match if match != 'missing' else 'without_code' }}{% endfor %},
        {{ sum_count('case when is_repeated then 1 else 0 end') }} as claimed_twice,
        {{ sum_count("case when outcome = 'failed' then 1 else 0 end") }} as failed,
        {{ sum_count("case when outcome = 'done' then coalesce(pages, 0) else 0 end") }} as pages,
        {{ sum_count("case when outcome = 'done' then coalesce(files, 0) else 0 end") }} as files,
        {{ sum_count("case when outcome = 'done' and coalesce(pages, 0) > 0 and coalesce(files, 0) = 0 then 1 else 0 end") }} as pages_without_files,
        {{ sum_count("case when outcome = 'done' and coalesce(pages, 0) = 0 and coalesce(files, 0) > 0 then 1 else 0 end") }} as files_without_pages,
        {{ sum_count('case when lag_minutes <= 15 then 1 else 0 end') }} as lag_15_minutes,
        {{ sum_count('case when lag_minutes > 15 and lag_minutes <= 60 then 1 else 0 end') }} as lag_1_hour,
        {{ sum_count('case when lag_minutes > 60 and cast(moment as date) = day then 1 else 0 end') }} as lag_same_day,
        {{ sum_count('case when lag_minutes > 60 and cast(moment as date) <> day then 1 else 0 end') }} as lag_other_day,
        {{ sum_count('case when moment is not null then 1 else 0 end') }} as lag_pieces,
        {{ sum_count('coalesce(lag_minutes, 0)') }} as lag_minutes
    from timed
    group by day, unit, office, kind
),

lacking as (
    select cast(received_at as date) as day, unit, count(*) as dossiers from {{ ref('postal_missing') }} group by cast(received_at as date), unit
)

select
    *, {{ hundredths('pages', 'files') }} as pages_a_file, {{ hundredths('lag_minutes', 'lag_pieces') }} as mean_lag, cast(0 as bigint) as post_without_work
from added
union all
select
    day, unit, cast(null as {{ dbt.type_string() }}), 'receive'
    {%- for _ in range(19) %}, 0{% endfor %}, null, null, dossiers
from lacking
