{#
  One row a day, role, unit and channel on which something happened. Role `resolving` is the unit that had the dossier, `receiving` the desk
  that received it. `events` is how many pieces of lives begin or end there. Of dossiers that are counted again, what they were counted as is taken off.
#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['role', 'unit', 'day'],
    post_hook=[
        "delete from {{ this }} where events = 0",
        "{% if is_incremental() %}delete from {{ ref('event_left') }}{% endif %}",
        "{% if is_incremental() %}delete from {{ ref('trait_left') }}{% endif %}"
    ]
) }}
-- depends_on: {{ ref('disliked_counted') }}, {{ ref('paper_counted') }}
{%- set left = [ref('event_left'), ref('trait_left')] %}
with event as (
    select e.*, 1 as times
    from (
        {{ events_of(touched_rows(ref('fct_dossier_interval'), 'recounted'), touched_rows(ref('trait_counted'), 'recounted')) }}
    ) as e
    {%- if is_incremental() %}
    {%- for queue in left %}
    union all
    select q.*, -1 from {{ queue }} as q where q.day is not null
    {%- endfor %}
    {%- endif %}
),

cell as (
    select
        day, unit, desk, channel, sum(times) as events
        {%- for measure, condition in flow_conditions().items() %},
        sum(case when {{ condition }} then times else 0 end) as {{ measure }}
        {%- endfor %}
        {%- for measure, condition in stock_conditions().items() %},
        sum(case when {{ condition }} then sign * times else 0 end) as {{ measure }}_delta
        {%- endfor %}
    from event
    group by day, unit, desk, channel
),

placed as (
    select 'resolving' as role, unit as place, * from cell
    union all
    select 'receiving', desk, * from cell
),

counted as (
    select
        p.day, p.role, p.place as unit, p.channel, {{ sum_count('events') }} as events
        {%- for measure in daily_flows() %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
        {%- for stock in stock_measures() %}, {{ sum_count(stock ~ '_delta') }} as {{ stock }}_delta{% endfor %}
    from placed as p
    group by p.day, p.role, p.place, p.channel
)
{% if is_incremental() %}
select
    b.day, b.role, b.unit, b.channel, {{ sum_count('b.events') }} as events
    {%- for measure in daily_flows() %}, {{ sum_count('b.' ~ measure) }} as {{ measure }}{% endfor %}
    {%- for stock in stock_measures() %}, {{ sum_count('b.' ~ stock ~ '_delta') }} as {{ stock }}_delta{% endfor %}
from (
    select * from counted
    union all
    select t.* from {{ this }} as t where exists (select 1 from counted as c where c.role = t.role and c.unit = t.unit and c.day = t.day)
) as b
group by b.day, b.role, b.unit, b.channel
{%- else %}
select * from counted
{%- endif %}
