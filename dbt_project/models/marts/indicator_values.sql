{#
  One row an indicator, period set, grain, period, unit and channel ('all' for all of them); units count what the units below them do. The catalogue
  says what is counted, by whom (resolving unit or receiving desk), and for which periods. Where none of the systems of a unit tells what an indicator needs, its row has
  no figures: that is missing, not zero. completeness is the share of the rows behind a figure that arrived in its period and are not missing.
#}
{%- set indicators = catalogue_rows('indicators', 'numerator') -%}
with counted as (
    {%- for i in indicators %}
    {%- set outer_first = loop.first %}
    {%- set family = family_of(i.numerator) %}
    {%- for periods in [family ~ '_period'] + (['dossier_day'] if i.by_day and family == 'dossier' else []) %}
    {{ 'union all' if not (outer_first and loop.first) }}
    select
        '{{ i.indicator }}' as indicator, d.period_set, d.grain, d.period_start, d.period_end, d.unit, d.channel,
        {{ told_sum(i.numerator, i.needs) }} as numerator,
        {{ told_sum(i.denominator, i.needs) if i.denominator else 'cast(null as bigint)' }} as denominator,
        {{ 'true' if i.denominator else 'false' }} as is_ratio,
        {{ "'" ~ entity_behind(i.numerator) ~ "'" if entity_behind(i.numerator) else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as entity
    from {{ ref(periods) }} as d
    {{ with_services(i.numerator) }}
    {{ with_told(i.needs) }}
    where d.role = '{{ i.counted_by }}' and d.period_set in ({{ quoted_list(i.period_sets) }})
        {%- if not i.by_channel %} and d.channel = 'all'{% endif %}{% if not i.by_day %} and d.grain <> 'day'{% endif %}
        {%- if i.source %} and exists (select 1 from {{ ref('stg_extractions') }} where entity = '{{ i.source }}' and file is not null){% endif %}
    {%- endfor %}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as indicator, d.period_set, d.grain, d.period_start, d.period_end, d.unit, d.channel,
        cast(0 as bigint) as numerator, cast(0 as bigint) as denominator, false as is_ratio, cast(null as {{ dbt.type_string() }}) as entity
    {# Of no rows, but dbt learns what this depends on. #}
    from {{ ref('dossier_period') }} as d
    {%- for other in ('dossier_day', 'postal_period', 'feedback_period', 'service_period', 'unit_told', 'stg_extractions') %} cross join {{ ref(other) }} as other_{{ loop.index }}{% endfor %}
    where false
    {%- endfor %}
)

select
    c.indicator, c.period_set, c.grain, c.period_start, c.period_end, c.unit, c.channel, c.numerator, c.denominator,
    case when c.is_ratio then {{ per_cent('c.numerator', 'c.denominator') }} else cast(c.numerator as decimal(20, 2)) end as value,
    a.completeness, r.as_of
from counted as c
cross join {{ ref('stg_run') }} as r
left join {{ ref('arrival_period') }} as a
    on a.entity = c.entity and a.unit = c.unit and a.period_set = c.period_set and a.grain = c.grain
    and a.period_start = c.period_start and a.period_end = c.period_end
