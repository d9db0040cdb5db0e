{#
  A night makes again what was touched, and keeps the rest. Of dossiers, the loader tells the keys that a delivery may have changed (valid.touched);
  core.dossier_touched has those whose lives are to be made again. They stay touched until a build has ended well, so that what a run that was
  killed left behind is made again by the next one. With --full-refresh everything is made anew, and nothing is asked.

  A kept table: {{ config(materialized='incremental', incremental_strategy='append', pre_hook="{{ forget('dossier_touched') }}") }}, and
  touched_rows(...) where its rows come from. A plain table in between holds the touched dossiers alone: nothing but the tables that are kept reads it.
#}

{# The rows of a table that are touched, in place of the table: chosen before anything is joined to them, which no engine's planner does by itself. #}
{% macro touched_rows(table, by='dossier_touched', code='code') -%}
    {#- What a model depends on must not hang on how it is run: dbt orders by it. -#}
    {%- set keys = ref(by) -%}
    {%- if flags.FULL_REFRESH -%}
    {{ table }}
    {%- else -%}
    (select kept.* from {{ table }} as kept {{ touched_key('kept.system', 'kept.' ~ code, by) }})
    {%- endif -%}
{%- endmacro %}

{# A kept table's rows of what was touched: deleted in the transaction that makes them again. #}
{% macro forget(by='dossier_touched', code='code') -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where (system, {{ code }}) in (select touched.system, touched.code from {{ ref(by) }} as touched)
    {%- endif -%}
{%- endmacro %}

{# The condition that a key, which may be put together from two tables, is touched; nothing where all keys are meant. #}
{% macro touched_key(system, code, by, word='where') -%}
    {%- set keys = ref(by) if by -%}
    {%- if by and not flags.FULL_REFRESH -%}
    {{ word }} exists (select 1 from {{ keys }} as touched where touched.system = {{ system }} and touched.code = {{ code }})
    {%- endif -%}
{%- endmacro %}

{# The same by the key of a code that was typed: all pieces of the post's work with such a key are matched again together. #}
{% macro touched_keys(table) -%}
    {%- set keys = ref('postal_key_touched') -%}
    {%- if flags.FULL_REFRESH -%}
    {{ table }}
    {%- else -%}
    (select kept.* from {{ table }} as kept where exists (select 1 from {{ keys }} as touched where touched.spelling_key = kept.spelling_key))
    {%- endif -%}
{%- endmacro %}
{% macro forget_keys() -%}
    {%- if is_incremental() -%}
    delete from {{ this }} where spelling_key in (select touched.spelling_key from {{ ref('postal_key_touched') }} as touched)
    {%- endif -%}
{%- endmacro %}
