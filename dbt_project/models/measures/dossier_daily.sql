{#
  One row a day, role, unit and channel on which something happened. Role `resolving` is the unit that had the dossier, `receiving` the desk
  that received it. A piece of a life adds to its stock on its first day, and takes away on the day that it closes.
#}
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook="{% if is_incremental() %}delete from {{ this }} where (role, unit, day) in (select c.role, c.unit, c.day from {{ ref('cell_touched') }} as c){% endif %}"
) }}
with event as (
    select
        e.unit, e.desk, e.channel, e.state, e.standing, e.local_standing, e.is_end, cast(e.began_at as date) as day, 1 as sign,
        e.is_reception, e.is_reopening
        {%- for trait in counted_traits() %}, t.{{ trait }}{% endfor %}
    from {{ ref('dossier_event') }} as e
    inner join {{ ref('dossier_trait') }} as t on t.system = e.system and t.code = e.code
    where e.has_begun and {{ in_touched_cell('e.unit', 'e.desk', 'cast(e.began_at as date)') }}
    union all
    select
        e.unit, e.desk, e.channel, e.state, e.standing, e.local_standing, false, cast(e.ended_at as date), -1, false, false
        {%- for trait in counted_traits() %}, false{% endfor %}
    from {{ ref('dossier_event') }} as e
    where e.is_over and {{ in_touched_cell('e.unit', 'e.desk', 'cast(e.ended_at as date)') }}
),

cell as (
    select
        day, unit, desk, channel,
        sum(case when is_reception then 1 else 0 end) as received,
        sum(case when is_reopening then 1 else 0 end) as reopened,
        sum(case when is_reception and is_through_post then 1 else 0 end) as received_through_post,
        sum(case when is_reception and has_components_by_post then 1 else 0 end) as received_digitized_by_post,
        sum(case when is_end and state = 'settled' and has_result_by_post then 1 else 0 end) as settled_digitized_by_post,
        sum(case when is_end and state = 'settled' and standing <> 'late' and not is_disliked then 1 else 0 end) as settled_happily,
        sum(case when is_reception and channel = 'online' then 1 else 0 end) as received_online,
        sum(case when is_reception and channel = 'direct' then 1 else 0 end) as received_direct,
        sum(case when is_reception and channel = 'post' then 1 else 0 end) as received_post,
        sum(case when is_reception and is_reused then 1 else 0 end) as received_reused,
        sum(case when is_reception and is_from_store then 1 else 0 end) as received_from_store,
        sum(case when is_reception and is_identity_verified then 1 else 0 end) as received_identity_verified,
        sum(case when is_reception and has_digital_components then 1 else 0 end) as received_components_digitized,
        sum(case when is_reception and channel = 'online' and (has_digital_result or not has_paper_result) then 1 else 0 end) as received_electronic,
        sum(case when is_reception and has_fee then 1 else 0 end) as received_with_fee,
        sum(case when is_reception and has_fee and is_paid_online then 1 else 0 end) as received_paid_online,
        sum(case when is_end and state = 'settled' and has_paper_result then 1 else 0 end) as settled_paper,
        sum(case when is_end and state = 'settled' and has_paper_result and has_digital_result then 1 else 0 end) as settled_paper_digitized,
        sum(
            case when is_end and state = 'settled' and has_digital_components and (has_digital_result or not has_paper_result) then 1 else 0 end
        ) as settled_digitized
        {%- for end in ends() %},
        sum(case when is_end and state = '{{ end }}' then 1 else 0 end) as {{ end }}
        {%- for reading in readings() %}
        {%- for verdict in verdicts() %},
        sum(case when is_end and state = '{{ end }}' and {{ reading }}standing = '{{ verdict }}' then 1 else 0 end) as {{ reading }}{{ end }}_{{ verdict }}
        {%- endfor %}
        {%- endfor %}
        {%- endfor %}
        {%- for reading in readings() %}
        {%- for stock in stocks() %}
        {%- for standing in standings() %},
        {%- set verdicts_of = {'within': "'within', 'early', 'on_time'", 'past': "'past', 'late'", 'without_due': "'without_due'"}[standing] %}
        sum(
            case when state = '{{ 'stopped' if stock == 'held' else stock }}' and {{ reading }}standing in ({{ verdicts_of }}) then sign else 0 end
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
)

select
    p.day, p.role, p.place as unit, p.channel
    {%- for measure in daily_flows() %}, {{ sum_count(measure) }} as {{ measure }}{% endfor %}
    {%- for stock in stock_measures() %}, {{ sum_count(stock ~ '_delta') }} as {{ stock }}_delta{% endfor %}
from placed as p
{%- if is_incremental() %}
where exists (select 1 from {{ ref('cell_touched') }} as c where c.role = p.role and c.unit = p.place and c.day = p.day)
{%- endif %}
group by p.day, p.role, p.place, p.channel
