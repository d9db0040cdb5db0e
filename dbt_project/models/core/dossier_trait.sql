{# What lives do not tell of dossiers and figures count: papers, fees and payments, as they are known now. A procedure that tells nothing of its result is one with a paper. #}
select
    l.system, l.code, d.procedure,
    coalesce(d.components_reused, false) as is_reused,
    coalesce(d.components_from_store, false) as is_from_store,
    coalesce(d.identity_verified, false) as is_identity_verified,
    coalesce(d.components_digitized, false) as has_digital_components,
    coalesce(d.result_digitized, false) as has_digital_result,
    coalesce(p.has_paper_result, true) as has_paper_result,
    coalesce(d.fee, 0) > 0 as has_fee,
    coalesce(d.online_payment, 'none') <> 'none' as is_paid_online
from {{ ref('dossier_life') }} as l
inner join {{ ref('fct_dossier') }} as d on d.system = l.system and d.code = l.code
left join {{ ref('dim_procedure') }} as p on p.code = d.procedure
