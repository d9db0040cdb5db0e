{#
  What was known of plans and reports of specialised databases, and from which day until which: a delivery is known from its arrival on, a correction
  that came later from the arrival of the deliveries that it came with. Versions that never stood at a day's end are not here.
#}
with delivery as (
    select extraction_seq, max(day) over (partition by source order by extraction_seq rows unbounded preceding) as known_day
    from {{ ref('stg_extractions') }} where entity in ('databases', 'database_reports')
)

{% for name, version, database in [('plan', 'database_version', 'code'), ('report', 'database_report_version', 'database')] -%}
{{ 'union all' if not loop.first }}
select '{{ name }}' as kind, v.system, v.code as row_code, {{ 'v.database as code' if database == 'database' else 'v.code' }}, v.version_no, f.known_day as from_day, t.known_day as to_day
from {{ ref(version) }} as v
inner join delivery as f on f.extraction_seq = v.known_from
left join delivery as t on t.extraction_seq = v.known_to
where not v.is_deleted and (v.known_to is null or (v.known_to > v.known_from and t.known_day > f.known_day))
{% endfor %}
