{# Written by `make generate` from qn_pipeline/contracts: change it there. #}
{# The columns of an entity's contract, in order. #}
{% macro contract_columns(entity) -%}
    {{ return({"dossiers": ["code", "procedure", "receiving_unit", "resolving_unit", "channel", "status", "submitted_at", "received_at", "due_at", "limit_hours", "ended_at", "returned_at", "online_level", "components_digitized", "components_reused", "result_digitized", "fee", "online_payment", "satisfaction", "applicant_kind", "applicant_id", "updated_at"], "dossier_actions": ["code", "dossier", "kind", "happened_at", "due_at"], "units": ["code", "name", "level", "parent", "valid_from", "valid_to"], "procedures": ["code", "name", "field_code", "field_name", "time_limit", "limit_unit", "online_level", "has_fee", "has_paper_result", "valid_from", "valid_to"], "holidays": ["code", "day", "kind", "name", "unit", "hours"], "work_times": ["code", "hours"]}[entity]) }}
{%- endmacro %}
