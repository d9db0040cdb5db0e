{# Keys of which a row broke a rule or was adjusted, and rows without a key: what is looked at across deliveries. #}
select distinct entity, system, thing, row_key from {{ ref('broken_rule') }}
union
select e.entity, e.system, a.row_key as thing, a.row_key
from {{ ref('stg_adjustments') }} as a inner join {{ ref('stg_extractions') }} as e on e.source = a.source
