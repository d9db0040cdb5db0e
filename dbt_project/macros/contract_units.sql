{# Written by `make generate` from qn_pipeline/contracts: change it there. #}
{# The entities, each with the column that names the unit of a row; none has none. #}
{% macro contract_units() -%}
    {{ return({"dossiers": "resolving_unit", "dossier_actions": none, "postal_events": "unit", "budget_lines": "unit", "databases": "owner", "database_reports": none, "feedback": "unit", "units": none, "procedures": none, "services": "unit", "holidays": "unit", "work_times": none}) }}
{%- endmacro %}
