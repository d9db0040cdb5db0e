{# Dossiers that are to be decided about again: those touched, and those that other systems or codes tell of the same ones. #}
with touched as (
    select system, code, {{ canonical_code('code') }} as dossier from {{ ref('version_touched') }}
)

select system, code from touched
union
select v.system, v.code
from {{ ref('fct_dossier_version') }} as v
where v.known_to is null and v.dossier in (select t.dossier from touched as t)
