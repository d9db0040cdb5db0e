{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('version_touched') }}") }}
with version as (
    {{ entity_versions('dossiers', 'version_touched') }}
)

select *, {{ canonical_code('code') }} as dossier from version
