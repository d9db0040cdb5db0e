{#
  Cells (day and unit, by role) in which touched dossiers were counted before: a dossier that moves to another day or unit leaves one. They are noted
  before core.fct_dossier_interval is made again, and until a build has ended well.
#}
{{ config(materialized='incremental', incremental_strategy='append') }}
{%- set touched = ref('dossier_touched') %}
{%- set run = ref('stg_run') %}
{% if is_incremental() -%}
with event as (
    select i.unit, i.desk, i.began_at, i.ended_at, i.began_at < r.as_of as has_begun, i.ended_at < r.as_of as is_over
    from core.fct_dossier_interval as i cross join {{ run }} as r {{ touched_only('i', word='where') }}
),

cell as (
    {{ cells_of('event') }}
)

select c.role, c.unit, c.day from cell as c
where not exists (select 1 from {{ this }} as t where t.role = c.role and t.unit = c.unit and t.day = c.day)
{%- else -%}
select cast('' as {{ dbt.type_string() }}) as role, t.code as unit, cast(null as date) as day from {{ touched }} as t where false
{%- endif %}
