{# Receptions and times by procedure as they were counted, of dossiers whose lives are to be made again: noted before those are. #}
{{ config(materialized='incremental', incremental_strategy='append') }}
{%- set touched = ref('dossier_touched') %}
{% if is_incremental() -%}
with dossier as (
    select d.system, d.code from {{ touched }} as d
    where not exists (select 1 from {{ this }} as q where q.system = d.system and q.code = d.code)
),

piece as (
    select p.* from core.fct_dossier_interval as p where exists (select 1 from dossier as d where d.system = p.system and d.code = p.code)
),

period_of_work as (
    select t.* from core.dossier_time as t where exists (select 1 from dossier as d where d.system = t.system and d.code = t.code)
),

event as (
    {{ procedure_events('piece', 'period_of_work') }}
)

{# A dossier without events has a row without a day: it is to be counted again, too. #}
select d.system, d.code, e.day, e.unit, e.procedure, e.received, e.received_online, e.received_with_fee, e.received_paid_online, e.settled, e.seconds
from dossier as d left join event as e on e.system = d.system and e.code = d.code
{%- else -%}
select
    system, code, cast(null as date) as day, code as unit, code as procedure, 0 as received, 0 as received_online, 0 as received_with_fee, 0 as received_paid_online,
    0 as settled, cast(0 as bigint) as seconds
from {{ touched }} where false
{%- endif %}
