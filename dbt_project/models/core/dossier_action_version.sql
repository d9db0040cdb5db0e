{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('action_touched') }}") }}
{{ entity_versions('dossier_actions', 'action_touched') }}
