{{ config(materialized='view') }}
{#
  What lives do not tell of dossiers and figures count: papers, fees, payments, the post's part and citizens' displeasure, as they are known now. A
  procedure that tells nothing of its result is one with a paper.
#}
select
    l.system, l.code,
    coalesce(d.components_reused, false) as is_reused,
    coalesce(d.components_from_store, false) as is_from_store,
    coalesce(d.identity_verified, false) as is_identity_verified,
    coalesce(d.components_digitized, false) as has_digital_components,
    coalesce(d.result_digitized, false) as has_digital_result,
    coalesce(p.has_paper_result, true) as has_paper_result,
    l.has_fee, l.is_paid_online,
    coalesce(s.is_received, false) as is_through_post,
    coalesce(s.has_components, false) as has_components_by_post,
    coalesce(s.has_result, false) as has_result_by_post,
    coalesce(d.satisfaction = 'bad', false) or c.code is not null as is_disliked
from {{ ref('dossier_life') }} as l
inner join {{ ref('fct_dossier') }} as d on d.system = l.system and d.code = l.code
left join {{ ref('dim_procedure') }} as p on p.code = d.procedure
left join {{ ref('postal_dossier') }} as s on s.system = l.system and s.code = l.code
left join {{ ref('dossier_disliked') }} as c on c.system = l.system and c.code = l.code
