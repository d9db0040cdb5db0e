{# The catalogue that the figures were computed by. Those without a numerator say why they are missing. #}
select
    indicator, official_code, name_vi, name_en, group_code, basis, certainty, note, kind, unit, numerator, denominator, counted_by, points, scoring,
    threshold, missing_vi, missing_en, position
from {{ ref('stg_indicators') }}
