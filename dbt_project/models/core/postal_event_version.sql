{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('postal_touched') }}") }}
{{ entity_versions('postal_events', 'postal_touched') }}
