{{ config(materialized='incremental', incremental_strategy='append') }}
{#
  Where the post's work is to be counted again since the last build that ended well: rows of core.fct_postal_event that are not what they were, as they were (sign
  -1) and as they are (1). `counted`: what months count of a row.
#}
{%- set columns = "system, code, began_at, unit, office, dossier_system, dossier_code, kind || ' ' || coalesce(scanned, '') || ' ' || outcome || ' ' || match || ' ' || " ~ as_text('is_repeated') ~ " || ' ' || coalesce(" ~ as_text('pages') ~ ", '') || ' ' || coalesce(" ~ as_text('files') ~ ", '') as counted" %}
{%- set decided, again = ref('postal_decided'), ref('postal_again') %}
{% if is_incremental() -%}
with was as (
    select f.* from core.fct_postal_event as f inner join {{ again }} as a on a.system = f.system and a.code = f.code
)

select -1 as sign, {{ columns }} from (select * from was except select * from {{ decided }}) as gone
union all
select 1, {{ columns }} from (select * from {{ decided }} except select * from was) as come
{%- else -%}
select 1 as sign, {{ columns }} from {{ decided }} where exists (select 1 from {{ again }} where false)
{%- endif %}
