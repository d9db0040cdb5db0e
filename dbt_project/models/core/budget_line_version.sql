{{ entity_versions('budget_lines') }}
