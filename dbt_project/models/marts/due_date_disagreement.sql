{# Dossiers whose stated due date is not what their limit and the calendar make of it: core.dossier_due_disagreement. #}
select * from {{ ref('dossier_due_disagreement') }}
