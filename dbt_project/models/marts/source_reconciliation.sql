{# The sources' own counters that differed from what was held when they were pulled, before and after the months were swept again. #}
select
    e.source, e.day, c.unit, c.month, c.counter, c.told, c.held_before, c.held_after, c.told = c.held_after as is_explained
from {{ ref('stg_reconciled_counters') }} as c
inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = c.extraction_seq
