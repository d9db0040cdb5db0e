{#
  Rows that break a rule across days and entities, in the shape of the quarantine. Asked are the rows that stand now, each against what is known now.
  A CTE <entity>_fault has a column a rule, true where it is broken; names, severities and messages are those of the contracts (history_rules). What dossiers and
  work of the post break is kept (core.dossier_fault, core.postal_fault).
#}
{% set rules = history_rules() %}
with {{ history_reference() }},

{# Steps are many, and are landed with their dossiers: only those that have none are looked at. The newest telling of each stands for it. #}
dossier_actions_fault as (
    select row_id, row_key, version_at, true as dossier_unknown
    from (
        select
            a.extraction_seq * 10000000000 + a.row_no as row_id, a.code as row_key, cast(null as timestamp) as version_at,
            row_number() over (partition by e.system, a.code order by a.extraction_seq desc, a.row_no desc) as place
        from {{ ref('stg_dossier_actions') }} as a
        inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = a.extraction_seq and e.superseded_seq is null
        where not exists (select 1 from {{ ref('fct_dossier_version') }} as d where d.system = e.system and d.code = a.dossier)
    ) as step
    where place = 1
),

budget_lines_seen as (
    select *, cast(cast(year as varchar) || '-' || lpad(cast(month as varchar), 2, '0') || '-01' as date) as month_start
    from {{ ref('budget_line_version') }} where known_to is null and not is_deleted
),

budget_lines_fault as (
    select
        v.row_id, v.code as row_key, v.version_at,
        r.has_units and not coalesce(u.is_declared, false) as unit_unknown,
        {# It reports what was its own while it was there. #}
        u.valid_from >= {{ add_months('v.month_start', '1') }} or u.valid_to < v.month_start as unit_not_valid
    from budget_lines_seen as v
    cross join reference as r
    left join unit as u on u.code = v.unit
),

feedback_fault as (
    select
        v.row_id, v.code as row_key, v.version_at,
        r.has_units and not coalesce(u.is_declared, false) as unit_unknown,
        {# It may have been forwarded to the unit later. #}
        u.valid_from > cast(coalesce(v.answered_at, r.as_of) as date) or u.valid_to < cast(v.received_at as date) as unit_not_valid
    from {{ ref('feedback_version') }} as v
    cross join reference as r
    left join unit as u on u.code = v.unit
    where v.known_to is null and not v.is_deleted
),

plan as (
    select * from {{ ref('database_version') }} where known_to is null and not is_deleted
),

databases_fault as (
    select v.row_id, v.code as row_key, v.version_at, r.has_units and not coalesce(u.is_declared, false) as owner_unknown
    from plan as v
    cross join reference as r
    left join unit as u on u.code = v.owner
),

planned as (
    select code, max(planned_records) as planned_records from plan group by code
),

database_reports_seen as (
    select
        v.row_id, v.code, v.version_at, v.database, v.records, v.amount_spent
        {%- for name in milestones() %}, v.{{ name }}_actual{% endfor %},
        p.code is null as has_no_plan,
        {% for name in milestones() %}v.{{ name }}_actual is not null and {% endfor %}coalesce(v.records >= p.planned_records, false) as is_done,
        row_number() over life as place, lag(v.records) over life as records_before, lag(v.amount_spent) over life as amount_before
        {%- for name in milestones() %}, lag(v.{{ name }}_actual) over life as {{ name }}_before{% endfor %}
    from {{ ref('database_report_version') }} as v
    left join planned as p on p.code = v.database
    where v.known_to is null and not v.is_deleted
    window life as (partition by v.system, v.database order by v.month, v.row_id)
),

database_reports_fault as (
    select
        row_id, code as row_key, version_at, has_no_plan as database_unknown, records < records_before as records_fell, amount_spent < amount_before as amount_fell,
        {% for name in milestones() %}{{ ' or ' if not loop.first }}({{ name }}_before is not null and {{ name }}_actual is null){% endfor %} as milestone_withdrawn,
        place > 1 and not is_done and (records is not distinct from records_before) and (amount_spent is not distinct from amount_before)
        {%- for name in milestones() %} and ({{ name }}_actual is not distinct from {{ name }}_before){% endfor %} as report_copied
    from database_reports_seen
),

units_fault as (
    select v.row_id, v.code as row_key, v.version_at, v.parent <> r.province_code and u.code is null as parent_unknown
    from {{ ref('unit_version') }} as v
    cross join reference as r
    left join unit as u on u.code = v.parent and u.is_declared
    where v.known_to is null and not v.is_deleted
),

services_fault as (
    select
        v.row_id, v.code as row_key, v.version_at,
        r.has_units and u.code is null as unit_unknown, r.has_procedures and p.code is null as procedure_unknown
    from {{ ref('service_version') }} as v
    cross join reference as r
    left join unit as u on u.code = v.unit and u.is_declared
    left join procedure as p on p.code = v.procedure and p.is_declared
    where v.known_to is null and not v.is_deleted
),

violation as (
    {%- for entity in rules if entity not in ('dossiers', 'postal_events') %}
    {{ broken_history_rules(entity, entity ~ '_fault') }}
    union all
    {%- endfor %}
    select row_id, row_key, version_at, rule, severity, column_name, message from {{ ref('dossier_fault') }}
    union all
    select row_id, row_key, version_at, rule, severity, column_name, message from {{ ref('postal_fault') }}
)

select
    {{ whole_division('row_id', '10000000000') }} as extraction_seq, row_id % 10000000000 as row_no, row_key, version_at, rule, severity, column_name, message
from violation
