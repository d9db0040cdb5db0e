{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_told') }}") }}
{# Counted dossiers with the key by which codes that people typed are compared with theirs. #}
select d.system, d.code, {{ spelling_key('d.spelling') }} as spelling_key
from (select system, code, {{ spelling('dossier') }} as spelling from {{ touched_rows(ref('fct_dossier'), 'dossier_told') }} as f where is_counted) as d
