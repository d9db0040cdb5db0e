{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where month in (select t.month from {{ ref('postal_month_touched') }} as t){% endif %}"
) }}
-- depends_on: {{ ref('postal_month_touched') }}
{# Dossiers for which the post has done work, each once a month, by unit (with those below it) and post office ('all' for all of them). #}
with event as (
    select e.*, {{ period_start('month', 'e.began_at') }} as month
    from {{ ref('fct_postal_event') }} as e
    where e.outcome = 'done' and {{ is_matched('e.match') }}
        {%- if is_incremental() %} and {{ period_start('month', 'e.began_at') }} in (select month from {{ ref('postal_month_touched') }}){% endif %}
),

once as (
    {%- for office in ('e.office', "'all'") %}
    {{ 'union' if not loop.first }}
    select e.month, a.ancestor as unit, {{ office }} as office, e.dossier_system, e.dossier_code
    from event as e inner join {{ ref('unit_ancestor') }} as a on a.unit = e.unit
    {%- endfor %}
)

select month, unit, office, count(*) as dossiers from once group by month, unit, office
