{# The post's work by day and unit (with those below it); pieces that were done, but for work_failed and work_unmatched. #}
select
    d.day, 'resolving' as role, a.ancestor as unit, 'all' as channel,
    {{ sum_count("case when d.kind = 'guide' then d.done else 0 end") }} as work_guided,
    {{ sum_count("case when d.kind = 'receive' then d.done else 0 end") }} as work_received,
    {{ sum_count("case when d.kind = 'digitize' then d.done else 0 end") }} as work_digitized,
    {{ sum_count("case when d.kind = 'digitize' then d.results_done else 0 end") }} as work_digitized_results,
    {{ sum_count("case when d.kind = 'return' then d.done else 0 end") }} as work_returned,
    {{ sum_count('d.not_done') }} as work_failed,
    {{ sum_count('d.of_no_dossier') }} as work_unmatched,
    {{ sum_count('d.pages') }} as pages_scanned,
    {{ sum_count('d.files') }} as files_made,
    {{ sum_count('d.files_signed') }} as files_signed
from {{ ref('postal_daily') }} as d
inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
group by d.day, a.ancestor
