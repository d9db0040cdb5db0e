{# The steps that are known now, of dossiers that are there. #}
with version as (
    {{ entity_versions('dossier_actions') }}
)

select v.system, v.code, v.dossier, v.kind, v.happened_at, v.due_at
from version as v
inner join {{ ref('fct_dossier') }} as d on d.system = v.system and d.code = v.dossier
where v.known_to is null and not v.is_deleted
