{#
  How models are written. dbt makes each aside, renames the one before, renames the new one and drops the old one: eight statements, and what a
  night adds to a kept table is written twice. Here a model costs one statement that nobody sees before its transaction ends; whoever reads while
  a run writes, reads what was published (docs/nights.md). A model's code may end with a comment: what closes it stands on a line of its own.
#}
{% materialization table, adapter='duckdb' %}{{ return(written_model('table')) }}{% endmaterialization %}
{% materialization table, adapter='postgres' %}{{ return(written_model('table')) }}{% endmaterialization %}
{% materialization view, adapter='duckdb' %}{{ return(written_model('view')) }}{% endmaterialization %}
{% materialization view, adapter='postgres' %}{{ return(written_model('view')) }}{% endmaterialization %}
{% materialization incremental, adapter='duckdb' %}{{ return(written_model('table', is_kept=true)) }}{% endmaterialization %}
{% materialization incremental, adapter='postgres' %}{{ return(written_model('table', is_kept=true)) }}{% endmaterialization %}

{% macro written_model(type, is_kept=false) %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set relation = this.incorporate(type=type) -%}
    {%- set is_added = is_kept and existing is not none and existing.type == type and not should_full_refresh() -%}
    {#- A table cannot replace a view, nor a view a table. -#}
    {% if existing is not none and existing.type != type %}{% do adapter.drop_relation(existing) %}{% endif %}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {% if config.get('contract').enforced %}{% do get_assert_columns_equivalent(compiled_code) %}{% endif %}
    {% if not is_added %}
        {% call statement('main') -%}
            {{ replacing(type, relation) }} as (
{{ compiled_code }}
            )
        {%- endcall %}
    {% else %}
        {% call statement('main') -%} {{ adding(relation, existing, config.get('unique_key')) }} {%- endcall %}
    {% endif %}
    {% do persist_docs(relation, model) %}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do adapter.commit() %}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [relation]}) }}
{% endmacro %}

{# PostgreSQL replaces no table, and a view only by one with the same columns. #}
{% macro replacing(type, relation) -%}
    {%- if target.type == 'postgres' -%} drop {{ type }} if exists {{ relation }} cascade; create {{ type }} {{ relation }}
    {%- else -%} create or replace {{ type }} {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# Rows that are added to a kept table, after those with the same keys were taken out, where it has keys. Columns go by their names. #}
{% macro adding(relation, existing, keys) -%}
    {%- set columns = adapter.get_columns_in_relation(existing) | map(attribute='quoted') | join(', ') -%}
    {%- if keys -%}
        {%- set made = model.name ~ '_made' -%}
        create temporary table {{ made }} as (
{{ compiled_code }}
        );
        delete from {{ relation }} where ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from {{ made }});
        insert into {{ relation }} ({{ columns }}) select {{ columns }} from {{ made }};
        drop table {{ made }}
    {%- else -%}
        insert into {{ relation }} ({{ columns }}) select {{ columns }} from (
{{ compiled_code }}
        ) as made
    {%- endif -%}
{%- endmacro %}
