{#
  Dossiers by procedure, a row a block (measures.day_block), unit and procedure: receptions in the block, and of the dossiers received in it, how many are
  settled and in how much working time. Of dossiers that are counted again, what they were counted as is taken off, in the transaction that empties the
  queue.
#}
{{ config(
    materialized='incremental', incremental_strategy='delete+insert', unique_key=['unit', 'procedure', 'block'],
    post_hook=[
        "delete from {{ this }} where received = 0 and settled = 0",
        "{% if is_incremental() %}delete from {{ ref('procedure_left') }}{% endif %}"
    ]
) }}
{%- set counts = ['received', 'received_online', 'received_with_fee', 'received_paid_online', 'settled', 'seconds'] %}
{%- set left = ref('procedure_left') %}
with event as (
    select e.*, 1 as times
    from (
        {{ procedure_events(touched_rows(ref('fct_dossier_interval'), 'procedure_left'), touched_rows(ref('dossier_time'), 'procedure_left')) }}
    ) as e
    {%- if is_incremental() %}
    union all
    select q.*, -1 from {{ left }} as q where q.day is not null
    {%- endif %}
),

daily as (
    select day, unit, procedure{% for count in counts %}, sum(times * {{ count }}) as {{ count }}{% endfor %}
    from event group by day, unit, procedure
),

day_bound as (
    select d.day, max({{ block_bound('d.day', 'b.first_day') }}) as block
    from (select distinct day from daily) as d cross join {{ ref('block_day') }} as b
    group by d.day
),

counted as (
    select b.block, d.unit, d.procedure{% for count in counts %}, {{ sum_count('d.' ~ count) }} as {{ count }}{% endfor %}
    from daily as d inner join day_bound as b on b.day = d.day
    group by b.block, d.unit, d.procedure
    {# Most of what is counted again is counted as before. #}
    having {% for count in counts %}{{ ' or ' if not loop.first }}sum(d.{{ count }}) <> 0{% endfor %}
)
{% if is_incremental() %}
select c.block, c.unit, c.procedure{% for count in counts %}, c.{{ count }} + coalesce(t.{{ count }}, 0) as {{ count }}{% endfor %}
from counted as c left join {{ this }} as t on t.unit = c.unit and t.procedure = c.procedure and t.block = c.block
{%- else %}
select * from counted
{%- endif %}
