{# One row an indicator, period, unit and channel. Of each: numerator, denominator, role, whether it is told by channel and by day. #}
{%- set running, paused = 'running_within + running_past + running_without_due', 'paused_within + paused_past + paused_without_due' %}
{%- set in_time = 'settled_early + settled_on_time + withdrawn_early + withdrawn_on_time + stopped_early + stopped_on_time' %}
{%- set opening = [] %}
{%- for name in stocks() %}{% do opening.append('opening_' ~ name) %}{% endfor %}
{%- set indicators = [
    ('dossiers_received', 'received', none, 'resolving', true, true),
    ('dossiers_settled', 'settled', none, 'resolving', true, true),
    ('dossiers_settled_early', 'settled_early', none, 'resolving', true, true),
    ('dossiers_settled_on_time', 'settled_on_time', none, 'resolving', true, true),
    ('dossiers_settled_late', 'settled_late', none, 'resolving', true, true),
    ('dossiers_settled_without_due', 'settled_without_due', none, 'resolving', true, true),
    ('on_time_share', 'settled_early + settled_on_time', 'settled', 'resolving', true, true),
    ('dossiers_running', running, none, 'resolving', true, true),
    ('dossiers_running_past', 'running_past', none, 'resolving', true, true),
    ('dossiers_paused', paused, none, 'resolving', true, true),
    ('dossiers_paused_past', 'paused_past', none, 'resolving', false, false),
    ('dossiers_carried_over', opening | join(' + '), none, 'resolving', true, false),
    ('dossiers_withdrawn', 'withdrawn', none, 'resolving', false, false),
    ('dossiers_stopped', 'stopped', none, 'resolving', false, false),
    ('index_2_1', in_time ~ ' + running_within + paused_within', 'settled + withdrawn + stopped + ' ~ running ~ ' + ' ~ paused, 'resolving', true, false),
    ('index_4_1', 'settled_result_digitized', 'settled', 'resolving', false, false),
    ('index_4_2', 'settled_digitized', 'settled', 'resolving', false, false),
    ('direct_share', 'received_direct', 'received', 'receiving', false, false),
    ('post_share', 'received_post', 'received', 'receiving', false, false),
    ('online_share', 'received_online', 'received', 'receiving', false, false),
    ('reception_digitized_share', 'received_components_digitized', 'received', 'receiving', false, false),
    ('index_3_6', 'received_paid_online', 'received_with_fee', 'receiving', false, false),
    ('index_4_3', 'received_reused', 'received', 'receiving', false, false),
] %}
with counted as (
    {%- for name, top, bottom, role, by_channel, by_day in indicators %}
    {{ 'union all' if not loop.first }}
    select
        '{{ name }}' as indicator, grain, period_start, unit, channel, {{ top }} as numerator, {{ bottom or 'cast(null as bigint)' }} as denominator, {{ 'true' if bottom else 'false' }} as is_ratio
    from {{ ref('period_cell') }} where role = '{{ role }}'{% if not by_channel %} and channel = 'all'{% endif %}{% if not by_day %} and grain <> 'day'{% endif %}
    {%- endfor %}
)

select
    indicator, 'calendar' as period_set, grain, period_start, unit, channel, numerator, denominator,
    case when not is_ratio then cast(numerator as numeric(20, 2)) else round(cast(numerator as numeric) * 100 / nullif(denominator, 0), 2) end as value,
    (select cast(max(file_day) + 1 as timestamp) from {{ source('raw', 'dossiers') }}) as as_of
from counted
