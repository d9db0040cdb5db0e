{#
  The post's work by calendar month, unit (with those below it) and post office ('all' for all of them): pieces by kind, dossiers that were touched (each
  once in the month), pages and files.
#}
with event as (
    select e.*, {{ period_start('month', 'e.began_at') }} as month, e.outcome = 'done' as is_done from {{ ref('fct_postal_event') }} as e
),

placed as (
    {%- for office in ('e.office', "'all'") %}
    {{ 'union all' if not loop.first }}
    select a.ancestor, {{ office }} as at_office, e.*
    from event as e inner join {{ ref('unit_ancestor') }} as a on a.unit = e.unit
    {%- endfor %}
),

touched as (
    select month, ancestor, at_office, count(*) as dossiers
    from (select distinct month, ancestor, at_office, dossier_system, dossier_code from placed where is_done and {{ is_matched('match') }}) as once
    group by month, ancestor, at_office
)

select
    p.month, p.ancestor as unit, p.at_office as office
    {%- for kind in ('guide', 'receive', 'digitize', 'return') %}, {{ sum_count("case when p.is_done and p.kind = '" ~ kind ~ "' then 1 else 0 end") }} as {{ kind }}_count{% endfor %},
    {{ sum_count('case when p.is_done then 0 else 1 end') }} as failed,
    {{ sum_count("case when p.kind <> 'guide' and not " ~ is_matched('p.match') ~ " then 1 else 0 end") }} as unmatched,
    coalesce(max(t.dossiers), 0) as dossiers_touched,
    {{ sum_count('case when p.is_done then coalesce(p.pages, 0) else 0 end') }} as pages,
    {{ sum_count('case when p.is_done then coalesce(p.files, 0) else 0 end') }} as files
from placed as p
left join touched as t on t.month = p.month and t.ancestor = p.ancestor and t.at_office = p.at_office
group by p.month, p.ancestor, p.at_office
