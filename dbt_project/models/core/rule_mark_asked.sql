{# core.rule_mark as it was when the rules were asked. #}
-- depends_on: {{ ref('dossier_fault') }}, {{ ref('postal_fault') }}
select * from {{ ref('rule_mark') }}
