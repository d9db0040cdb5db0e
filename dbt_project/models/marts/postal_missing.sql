{#
  Dossiers that the one-stop shop received by post (channel post) while the post kept its log, and that no done reception in the log is of. They may be among
  the work that is not matched.
#}
with kept as (
    select cast(min(began_at) as date) as first_day, cast(max(began_at) as date) as last_day from {{ ref('fct_postal_event') }}
)

select
    coalesce(d.receiving_unit, d.resolving_unit) as unit, d.system as dossier_system, d.code as dossier_code, d.procedure, d.received_at, d.state,
    coalesce(p.is_returned or p.has_components or p.has_result, false) as has_other_work
from {{ ref('fct_dossier') }} as d
inner join kept as k on cast(d.received_at as date) between k.first_day and k.last_day
left join {{ ref('postal_dossier') }} as p on p.system = d.system and p.code = d.code
where d.is_counted and d.channel = 'post' and not coalesce(p.is_received, false)
