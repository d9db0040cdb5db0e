{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}
-- depends_on: {{ ref('dossier_touched') }}
{# Counted dossiers that have been received, and what their lives are told by. #}
select * from {{ ref('life_made') }}
