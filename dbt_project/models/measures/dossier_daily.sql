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
        day, unit, desk, channel, sum(times) as events,
        sum(case when is_reception then times else 0 end) as received,
        sum(case when is_reopening then times else 0 end) as reopened,
        sum(case when is_reception and {{ has_trait('is_through_post') }} then times else 0 end) as received_through_post,
        sum(case when is_reception and {{ has_trait('has_components_by_post') }} then times else 0 end) as received_digitized_by_post,
        sum(case when is_end and state = 'settled' and {{ has_trait('has_result_by_post') }} then times else 0 end) as settled_digitized_by_post,
        sum(case when is_end and state = 'settled' and standing <> 'late' and not {{ has_trait('is_disliked') }} then times else 0 end) as settled_happily,
        sum(case when is_reception and channel = 'online' then times else 0 end) as received_online,
        sum(case when is_reception and channel = 'direct' then times else 0 end) as received_direct,
        sum(case when is_reception and channel = 'post' then times else 0 end) as received_post,
        sum(case when is_reception and {{ has_trait('is_reused') }} then times else 0 end) as received_reused,
        sum(case when is_reception and {{ has_trait('is_from_store') }} then times else 0 end) as received_from_store,
        sum(case when is_reception and {{ has_trait('is_identity_verified') }} then times else 0 end) as received_identity_verified,
        sum(case when is_reception and {{ has_trait('has_digital_components') }} then times else 0 end) as received_components_digitized,
        sum(case when is_reception and channel = 'online' and ({{ has_trait('has_digital_result') }} or not {{ has_trait('has_paper_result') }}) then times else 0 end) as received_electronic,
        sum(case when is_reception and {{ has_trait('has_fee') }} then times else 0 end) as received_with_fee,
        sum(case when is_reception and {{ has_trait('has_fee') }} and {{ has_trait('is_paid_online') }} then times else 0 end) as received_paid_online,
        sum(case when is_end and state = 'settled' and {{ has_trait('has_paper_result') }} then times else 0 end) as settled_paper,
        sum(case when is_end and state = 'settled' and {{ has_trait('has_paper_result') }} and {{ has_trait('has_digital_result') }} then times else 0 end) as settled_paper_digitized,
        sum(
            case when is_end and state = 'settled' and {{ has_trait('has_digital_components') }} and ({{ has_trait('has_digital_result') }} or not {{ has_trait('has_paper_result') }}) then times else 0 end
        ) as settled_digitized
        {%- for end in ends() %},
        sum(case when is_end and state = '{{ end }}' then times else 0 end) as {{ end }}
        {%- for reading in readings() %}
        {%- for verdict in verdicts() %},
        sum(case when is_end and state = '{{ end }}' and {{ reading }}standing = '{{ verdict }}' then times else 0 end) as {{ reading }}{{ end }}_{{ verdict }}
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        {%- for reading in readings() %}
        {%- for stock in stocks() %}
        {%- for standing in standings() %},
        {%- set verdicts_of = {'within': "'within', 'early', 'on_time'", 'past': "'past', 'late'", 'without_due': "'without_due'"}[standing] %}
        sum(
            case when state = '{{ 'stopped' if stock == 'held' else stock }}' and {{ reading }}standing in ({{ verdicts_of }}) then sign * times else 0 end
        ) as {{ reading }}{{ stock }}_{{ standing }}_delta
        {%- endfor %}
        {%- endfor %}
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
