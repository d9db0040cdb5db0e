{# Of which dossiers citizens had complained when dossiers were counted: core.dossier_disliked as it was then. #}
-- depends_on: {{ ref('trait_counted') }}
select * from {{ ref('dossier_disliked') }}
