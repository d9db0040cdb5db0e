{# Pieces of work that are to be read again: those touched, and those whose moment was still to come. #}
select system, code from {{ ref('postal_touched') }}
union
select v.system, v.code
from {{ ref('postal_event_version') }} as v
inner join {{ source('valid', 'applied') }} as a on v.began_at >= a.as_of - interval '1 second'
