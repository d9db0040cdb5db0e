{# Which columns sources tell of dossiers that are counted, and of the procedures: a figure over one that none tells is missing, not zero. #}
{%- set dossier_columns = contract_columns('dossiers') | reject('in', ['code', 'updated_at']) | list -%}
{%- set procedure_columns = contract_columns('procedures') | reject('in', ['code']) | list -%}
with dossier as (
    select {% for column in dossier_columns %}{{ ', ' if not loop.first }}count({{ column }}) > 0 as {{ column }}{% endfor %}
    from {{ ref('fct_dossier') }} where is_counted
),

procedure as (
    select {% for column in procedure_columns %}{{ ', ' if not loop.first }}count({{ column }}) > 0 as {{ column }}{% endfor %}
    from {{ ref('dim_procedure') }} where is_declared
)

{% for column in dossier_columns -%}
select '{{ column }}' as column_name, {{ column }} as is_told from dossier
union all
{% endfor -%}
{% for column in procedure_columns -%}
select 'procedures.{{ column }}' as column_name, {{ column }} as is_told from procedure
{% if not loop.last %}union all
{% endif -%}
{% endfor %}
