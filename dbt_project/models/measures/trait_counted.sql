{# With which traits dossiers are counted in the cells. #}
{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('recounted') }}") }}
select t.system, t.code, {{ trait_bits('t') }} as traits from {{ touched_rows(ref('dossier_trait'), 'recounted') }} as t
