{# The dossiers behind them: new, changed or gone, and shown by no window of the pull. #}
select e.source, e.day, d.unit, d.month, d.code, d.change
from {{ ref('stg_reconciled_dossiers') }} as d
inner join {{ ref('stg_extractions') }} as e on e.extraction_seq = d.extraction_seq
