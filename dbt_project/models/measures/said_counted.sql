{# What others said of dossiers when they were counted: core.dossier_said as it was then. #}
-- depends_on: {{ ref('trait_counted') }}
select * from {{ ref('dossier_said') }}
