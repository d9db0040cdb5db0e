{#
  Work of the post that is of no dossier for sure: no dossier has its code or one like it, several may be meant (postal_candidate has them), its code is of a
  dossier that it does not fit, or none was typed; guiding needs none.
#}
select
    e.unit, e.office, e.began_at, e.kind, e.dossier_as_typed, e.match, e.system, e.code
from {{ ref('fct_postal_event') }} as e
where not {{ is_matched('e.match') }} and (e.kind <> 'guide' or e.match <> 'missing')
