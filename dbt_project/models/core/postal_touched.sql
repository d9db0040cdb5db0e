{# Pieces of the post's work that a delivery since the last build may have changed. #}
select distinct system, code from {{ source('valid', 'touched') }} where entity = 'postal_events'
