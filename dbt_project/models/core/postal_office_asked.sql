{# Where post offices worked when near codes were looked for: core.postal_office as it was then. #}
-- depends_on: {{ ref('postal_near') }}
select * from {{ ref('postal_office') }}
