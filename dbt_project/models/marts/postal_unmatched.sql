{# Work of the post whose code stands for no dossier, for several, or is not there; guiding needs none. Newest first. #}
select
    e.unit, e.office, e.began_at, e.kind, e.dossier_as_typed, e.match, e.system, e.code
from {{ ref('fct_postal_event') }} as e
where e.match <> 'matched' and (e.kind <> 'guide' or e.match <> 'missing')
