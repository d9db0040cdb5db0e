{# Events as they were counted, of dossiers whose lives are to be made again: noted before core.fct_dossier_interval is made again. #}
{{ config(materialized='incremental', incremental_strategy='append') }}
{%- set touched = ref('dossier_touched') %}
{% if is_incremental() -%}
{{ events_left(touched, 'measures.trait_left') }}
{%- else -%}
{{ no_events() }} from {{ touched }} where false
{%- endif %}
