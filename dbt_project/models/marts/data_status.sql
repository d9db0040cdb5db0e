{# A row a source: what came last, how much of it is in the figures, and what is wrong with the rest. #}
with wrong as (
    select
        source,
        {{ sum_count("case when severity = 'quarantine' and state = 'open' then 1 else 0 end") }} as open_cases,
        {{ sum_count("case when severity <> 'quarantine' and state = 'open' then 1 else 0 end") }} as open_warnings,
        {{ sum_count("case when state = 'waived' then 1 else 0 end") }} as waived_cases,
        count(distinct case when is_stale then row_key end) as stale_keys
    from {{ ref('quarantine_row') }}
    group by source
)

select
    e.entity, e.source,
    min(e.day) as first_day_asked, max(e.day) as last_day_asked,
    max(case when e.file is not null then e.day end) as last_day_with_rows,
    {{ sum_count('e.arrived') }} as arrived,
    {{ sum_count('e.valid') }} as valid,
    {{ sum_count('e.quarantined') }} as quarantined,
    coalesce(max(w.open_cases), 0) as open_cases, coalesce(max(w.open_warnings), 0) as open_warnings,
    coalesce(max(w.waived_cases), 0) as waived_cases, coalesce(max(w.stale_keys), 0) as stale_keys,
    max(r.as_of) as as_of
from {{ ref('stg_extractions') }} as e
left join wrong as w on w.source = e.source
cross join {{ ref('stg_run') }} as r
where e.superseded_seq is null
group by e.entity, e.source
