{# Events as they were counted, of dossiers of which traits alone have changed: noted before measures.trait_counted is made again. #}
{{ config(materialized='incremental', incremental_strategy='append') }}
{%- set changed = ref('trait_changed') %}
{%- set left = ref('event_left') %}
{% if is_incremental() -%}
{{ events_left(changed, left) }}
{%- else -%}
{{ no_events() }} from {{ changed }} where false
{%- endif %}
