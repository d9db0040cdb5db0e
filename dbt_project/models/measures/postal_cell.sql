{# The post's work by day and unit (with those below it); pieces that were done, but for work_failed and work_unmatched. #}
with event as (
    select e.*, cast(e.began_at as date) as day, e.outcome = 'done' as is_done from {{ ref('fct_postal_event') }} as e
)

select
    e.day, 'resolving' as role, a.ancestor as unit, 'all' as channel,
    {{ sum_count("case when e.is_done and e.kind = 'guide' then 1 else 0 end") }} as work_guided,
    {{ sum_count("case when e.is_done and e.kind = 'receive' then 1 else 0 end") }} as work_received,
    {{ sum_count("case when e.is_done and e.kind = 'digitize' then 1 else 0 end") }} as work_digitized,
    {{ sum_count("case when e.is_done and e.kind = 'digitize' and e.scanned = 'result' then 1 else 0 end") }} as work_digitized_results,
    {{ sum_count("case when e.is_done and e.kind = 'return' then 1 else 0 end") }} as work_returned,
    {{ sum_count("case when e.is_done then 0 else 1 end") }} as work_failed,
    {{ sum_count("case when e.kind <> 'guide' and not " ~ is_matched('e.match') ~ " then 1 else 0 end") }} as work_unmatched,
    {{ sum_count('case when e.is_done then coalesce(e.pages, 0) else 0 end') }} as pages_scanned,
    {{ sum_count('case when e.is_done then coalesce(e.files, 0) else 0 end') }} as files_made,
    {{ sum_count('case when e.is_done and e.signed then coalesce(e.files, 0) else 0 end') }} as files_signed
from event as e
inner join {{ ref('unit_ancestor') }} as a on a.unit = e.unit
group by e.day, a.ancestor
