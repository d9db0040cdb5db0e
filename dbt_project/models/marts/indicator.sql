{# The catalogue that the figures were computed by. Those without a numerator, or without their source, say why they are missing. #}
with told as (
    select distinct entity from {{ ref('stg_extractions') }} where file is not null
)

select
    i.indicator, i.official_code, i.name_vi, i.name_en, i.group_code, i.basis, i.certainty, i.note, i.kind, i.unit, i.numerator, i.denominator, i.counted_by,
    i.points, i.scoring, i.threshold, i.source,
    case when i.numerator is null or (i.source is not null and t.entity is null) then i.missing_vi end as missing_vi,
    case when i.numerator is null or (i.source is not null and t.entity is null) then i.missing_en end as missing_en, i.position
from {{ ref('stg_indicators') }} as i
left join told as t on t.entity = i.source
