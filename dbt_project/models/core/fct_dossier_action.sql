{{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched', 'dossier') }}") }}
{# The steps that are known now, of dossiers that are there. #}
select v.system, v.code, v.dossier, v.kind, v.happened_at, v.due_at
from {{ touched_rows(ref('dossier_action_version'), code='dossier') }} as v
inner join {{ ref('fct_dossier') }} as d on d.system = v.system and d.code = v.dossier
where v.known_to is null and not v.is_deleted
