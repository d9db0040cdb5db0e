{# Rows of current extractions that broke a rule. Superseded files are gone from it: their correction speaks. #}
select
    e.entity, e.source, e.day, e.file, q.row_no, q.row_key, q.rule, q.severity, q.column_name, q.message
from {{ ref('stg_quarantine') }} as q
inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = q.extraction_seq
where e.superseded_seq is null
