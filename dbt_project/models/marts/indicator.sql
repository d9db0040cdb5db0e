{# The catalogue that the figures were computed by. #}
select indicator, name_vi, name_en, kind, unit, numerator, denominator, position from {{ ref('stg_indicators') }}
