{# SQL that differs between the engines, each with its reason. #}

{# DuckDB divides whole numbers into a fraction unless told otherwise; PostgreSQL does not know its operator. #}
{% macro whole_division(dividend, divisor) -%}
    {{ return(adapter.dispatch('whole_division')(dividend, divisor)) }}
{%- endmacro %}
{% macro default__whole_division(dividend, divisor) -%}
    (({{ dividend }}) / ({{ divisor }}))
{%- endmacro %}
{% macro duckdb__whole_division(dividend, divisor) -%}
    (({{ dividend }}) // ({{ divisor }}))
{%- endmacro %}

{# A sum of whole numbers is HUGEINT in DuckDB and NUMERIC in PostgreSQL; counts are BIGINT everywhere. #}
{% macro sum_count(expression, over=none) -%}
    cast(sum({{ expression }}){{ ' over ' ~ over if over }} as bigint)
{%- endmacro %}

{# The value of the row that comes last in an order: a function in DuckDB, an ordered array in PostgreSQL. #}
{% macro last_of(expression, order) -%}
    {{ return(adapter.dispatch('last_of')(expression, order)) }}
{%- endmacro %}
{% macro default__last_of(expression, order) -%}
    (array_agg({{ expression }} order by {{ order }} desc))[1]
{%- endmacro %}
{% macro duckdb__last_of(expression, order) -%}
    arg_max({{ expression }}, {{ order }})
{%- endmacro %}

{# Per cent with two decimals, rounded half up, exactly, from two counts; null when there is nothing to divide by. #}
{% macro per_cent(numerator, denominator) -%}
    case when {{ denominator }} > 0 then
        cast({{ whole_division(numerator ~ ' * 20000 + ' ~ denominator, '2 * ' ~ denominator) }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2))
    end
{%- endmacro %}

{# Per cent with two decimals, rounded down: 100 says that all is there. #}
{% macro per_cent_down(numerator, denominator) -%}
    case when {{ denominator }} > 0 then
        cast({{ whole_division('(' ~ numerator ~ ') * 10000', denominator) }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2))
    end
{%- endmacro %}

{# A whole number over a count with two decimals, rounded half up, exactly; null when there is nothing to divide by. #}
{% macro hundredths(numerator, denominator) -%}
    case when {{ denominator }} > 0 then
        cast({{ whole_division('(' ~ numerator ~ ') * 200 + (' ~ denominator ~ ')', '2 * (' ~ denominator ~ ')') }} as decimal(18, 0)) * cast(0.01 as decimal(3, 2))
    end
{%- endmacro %}

{# A whole number over a count with four decimals, rounded half up, exactly; null when there is nothing to divide by. #}
{% macro ten_thousandths(numerator, denominator) -%}
    case when {{ denominator }} > 0 then
        cast({{ whole_division(numerator ~ ' * 20000 + (' ~ denominator ~ ')', '2 * (' ~ denominator ~ ')') }} as decimal(18, 0)) * cast(0.0001 as decimal(5, 4))
    end
{%- endmacro %}

{# First day of the day, month or year that a date lies in. #}
{% macro period_start(grain, day) -%}
    cast(date_trunc('{{ grain }}', {{ day }}) as date)
{%- endmacro %}

{# One row a step between two dates, as column `day`. #}
{% macro date_series(first, last, step) -%}
    (select cast(series.moment as date) as day from generate_series(cast({{ first }} as timestamp), cast({{ last }} as timestamp), interval '1 {{ step }}') as series (moment))
{%- endmacro %}

{# Text sorts by its bytes everywhere; PostgreSQL's default collation depends on the server. #}
{% macro binary_order(expression) -%}
    {{ return(adapter.dispatch('binary_order')(expression)) }}
{%- endmacro %}
{% macro default__binary_order(expression) -%}
    {{ expression }} collate "C"
{%- endmacro %}
{% macro duckdb__binary_order(expression) -%}
    {{ expression }}
{%- endmacro %}

{#
  A dossier's code as every system spells it: the agency from large to small with all its levels, the running number without leading zeros,
  and no tail that a synchronisation added. 000.05.33.H47-220801-0001 and H47.33.05-220801-1 are one. Other codes stay as they are.
  The shape chooses the one expression that a row needs: they are dear, in PostgreSQL above all. Both engines know these; PostgreSQL would
  take a doubled backslash for two characters.
#}
{% macro canonical_code(code) -%}
    {%- set number = "-([0-9]{6})-0*([0-9]+)(-[0-9]{6}-[0-9]{5})?$" -%}
    {%- set small_to_large = code ~ " like '___.__.__.___-%' and substr(" ~ code ~ ", 11, 1) not between '0' and '9'" -%}
    {%- set shapes = [
        (small_to_large, '^([0-9]{3})[.]([0-9]{2})[.]([0-9]{2})[.]([A-Z][0-9]{2})', '\\4.\\3.\\2.\\1-\\5-\\6'),
        (code ~ " like '___-%'", '^([A-Z][0-9]{2})', '\\1.00.00.000-\\2-\\3'),
        (code ~ " like '___.__-%'", '^([A-Z][0-9]{2}[.][0-9]{2})', '\\1.00.000-\\2-\\3'),
        (code ~ " like '___.__.__-%'", '^([A-Z][0-9]{2}[.][0-9]{2}[.][0-9]{2})', '\\1.000-\\2-\\3'),
        (code ~ " like '___.__.__.__%'", '^([A-Z][0-9]{2}[.][0-9]{2}[.][0-9]{2}[.][0-9]{2,3})', '\\1-\\2-\\3'),
    ] -%}
    case
        {%- for shape, agency, by in shapes %}
        when {{ shape }} then regexp_replace({{ code }}, '{{ agency ~ number }}', '{{ by }}')
        {%- endfor %}
        else {{ code }}
    end
{%- endmacro %}

{# A value as text, alike in both engines: booleans are true and false, timestamps have no fraction. #}
{% macro as_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}

{# A date some months or days later; the count may be a column. DuckDB takes an interval of a column, PostgreSQL multiplies one. #}
{% macro add_months(day, count) -%}
    cast({{ day }} + ({{ count }}) * interval '1 month' as date)
{%- endmacro %}
{% macro add_days(day, count) -%}
    cast({{ day }} + ({{ count }}) * interval '1 day' as date)
{%- endmacro %}

{# Whole months between the first days of two months. #}
{% macro months_between(first, last) -%}
    cast((extract(year from {{ last }}) - extract(year from {{ first }})) * 12 + extract(month from {{ last }}) - extract(month from {{ first }}) as bigint)
{%- endmacro %}

{# The date a fraction of months after one, a month being 30.4375 days. #}
{% macro month_share_later(day, months) -%}
    {{ add_days(day, 'cast(round(cast((' ~ months ~ ') * 30.4375 as numeric), 0) as integer)') }}
{%- endmacro %}

{# Days as months with one decimal, half up. #}
{% macro tenths_of_months(days) -%}
    cast({{ whole_division('(' ~ days ~ ') * 80000 + 121750', '243500') }} as decimal(18, 0)) * cast(0.1 as decimal(2, 1))
{%- endmacro %}
