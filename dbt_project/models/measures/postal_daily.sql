-- depends_on: {{ ref('postal_changed') }}
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where (unit, day) in (select c.unit, cast(c.began_at as date) from {{ ref('postal_changed') }} as c){% endif %}"
) }}
{#
  The post's work by day, unit (itself alone), office and kind: pieces by how they were matched, what was done, what contradicts, pages against files, and how many
  minutes lie between the shop's moment and the beginning of the work.
#}
with event as (
    select e.*, cast(e.began_at as date) as day, e.outcome = 'done' as is_done
    from {{ ref('fct_postal_event') }} as e
    {%- if is_incremental() %}
    where exists (select 1 from {{ ref('postal_changed') }} as c where c.unit = e.unit and cast(c.began_at as date) = cast(e.began_at as date))
    {%- endif %}
),

timed as (
    select
        *,
        {{ whole_division(
            'abs((cast(began_at as date) - cast(moment as date)) * 86400 + ' ~ second_of_day('began_at') ~ ' - ' ~ second_of_day('moment') ~ ')', '60'
        ) }} as lag_minutes
    from event
)

select
    day, unit, office, kind, count(*) as pieces
    {%- for match in ('exact', 'approximate', 'ambiguous', 'contradicted', 'unmatched', 'missing') %},
    {{ sum_count("case when match = '" ~ match ~ "' then 1 else 0 end") }} as {{ match if match != 'missing' else 'without_code' }}{% endfor %},
    {{ sum_count('case when is_done then 1 else 0 end') }} as done,
    {{ sum_count("case when is_done and scanned = 'result' then 1 else 0 end") }} as results_done,
    {{ sum_count("case when kind <> 'guide' and not " ~ is_matched('match') ~ " then 1 else 0 end") }} as of_no_dossier,
    {{ sum_count('case when is_repeated then 1 else 0 end') }} as claimed_twice,
    {{ sum_count("case when outcome = 'failed' then 1 else 0 end") }} as failed,
    {{ sum_count('case when is_done then 0 else 1 end') }} as not_done,
    {{ sum_count('case when is_done then coalesce(pages, 0) else 0 end') }} as pages,
    {{ sum_count('case when is_done then coalesce(files, 0) else 0 end') }} as files,
    {{ sum_count('case when is_done and signed then coalesce(files, 0) else 0 end') }} as files_signed,
    {{ sum_count('case when is_done and coalesce(pages, 0) > 0 and coalesce(files, 0) = 0 then 1 else 0 end') }} as pages_without_files,
    {{ sum_count('case when is_done and coalesce(pages, 0) = 0 and coalesce(files, 0) > 0 then 1 else 0 end') }} as files_without_pages,
    {{ sum_count('case when lag_minutes <= 15 then 1 else 0 end') }} as lag_15_minutes,
    {{ sum_count('case when lag_minutes > 15 and lag_minutes <= 60 then 1 else 0 end') }} as lag_1_hour,
    {{ sum_count('case when lag_minutes > 60 and cast(moment as date) = day then 1 else 0 end') }} as lag_same_day,
    {{ sum_count('case when lag_minutes > 60 and cast(moment as date) <> day then 1 else 0 end') }} as lag_other_day,
    {{ sum_count('case when moment is not null then 1 else 0 end') }} as lag_pieces,
    {{ sum_count('coalesce(lag_minutes, 0)') }} as lag_minutes
from timed
group by day, unit, office, kind
