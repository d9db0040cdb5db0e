{#
  The post's work by calendar month, unit (with those below it) and post office ('all' for all of them): pieces by kind, dossiers that were touched (each
  once in the month), pages and files.
#}
with placed as (
    {%- for office in ('d.office', "'all'") %}
    {{ 'union all' if not loop.first }}
    select {{ period_start('month', 'd.day') }} as month, a.ancestor, {{ office }} as at_office, d.*
    from {{ ref('postal_daily') }} as d inner join {{ ref('unit_ancestor') }} as a on a.unit = d.unit
    {%- endfor %}
)

select
    p.month, p.ancestor as unit, p.at_office as office
    {%- for kind in ('guide', 'receive', 'digitize', 'return') %}, {{ sum_count("case when p.kind = '" ~ kind ~ "' then p.done else 0 end") }} as {{ kind }}_count{% endfor %},
    {{ sum_count('p.not_done') }} as failed,
    {{ sum_count('p.of_no_dossier') }} as unmatched,
    coalesce(max(s.dossiers), 0) as dossiers_touched,
    {{ sum_count('p.pages') }} as pages,
    {{ sum_count('p.files') }} as files
from placed as p
left join {{ ref('postal_served') }} as s on s.month = p.month and s.unit = p.ancestor and s.office = p.at_office
group by p.month, p.ancestor, p.at_office
