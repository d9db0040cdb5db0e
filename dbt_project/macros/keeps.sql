{#
  What a table promises, in one test: every row has a value in the columns of `filled`, what `values` lists for a column is all that it holds, and no
  two rows are alike in the columns of any list of `unique`. A promise that is broken is a row, with the number of rows that break it.

  Of a table that is kept from night to night, a night asks what it made again: `of` names the touched keys, or is `loaded` for the loader's tables. All of it is
  asked when all of it is made, and by the command `dbt test`.
#}
{% test keeps(model, filled=[], values={}, unique=[], of=none) %}
{#- What a test depends on must not hang on how it is run. -#}
{%- set loaded = source('valid', 'loaded') if of == 'loaded' -%}
{%- set touched = ref(of) if of and of != 'loaded' -%}
{%- if flags.FULL_REFRESH or flags.WHICH == 'test' -%}
    {%- set rows = model -%}
{%- elif of == 'loaded' -%}
    {%- set rows = '(select * from ' ~ model ~ ' as kept where kept.extraction_seq in (select l.extraction_seq from ' ~ loaded ~ ' as l))' -%}
{%- elif of -%}
    {%- set rows = touched_rows(model, of) -%}
{%- else -%}
    {%- set rows = model -%}
{%- endif %}
with asked as (
    select * from {{ rows }} as kept_rows
),

counted as (
    select
        count(*) as rows_in_all
        {%- for column in filled %}, count({{ column }}) as filled_{{ loop.index }}{% endfor %}
        {%- for column, allowed in values.items() %},
        count(case when {{ column }} not in ({% for value in allowed %}{{ ', ' if not loop.first }}{{ value if value is number else "'" ~ value ~ "'" }}{% endfor %}) then 1 end) as strange_{{ loop.index }}
        {%- endfor %}
    from asked
),

promise as (
    select 'nothing' as promise, 0 as broken
    {%- for column in filled %}
    union all
    select '{{ column }} is filled', rows_in_all - filled_{{ loop.index }} from counted
    {%- endfor %}
    {%- for column in values %}
    union all
    select '{{ column }} holds known values', strange_{{ loop.index }} from counted
    {%- endfor %}
    {%- for columns in unique %}
    union all
    select '{{ columns | join(" and ") }} are unique', count(*)
    from (select 1 as one from asked group by {{ columns | join(', ') }} having count(*) > 1) as doubled
    {%- endfor %}
)

select promise, broken from promise where broken > 0
{% endtest %}
