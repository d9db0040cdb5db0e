{# The catalogue is data: models read it from the schema `valid` when they run, and make SQL of it. Before a first load there is nothing in it. #}

{# Rows of one of its tables as dictionaries: those that have a value in a column, in order. #}
{% macro catalogue_rows(table, needed) -%}
    {%- set found = [] -%}
    {%- set relation = load_relation(source('valid', table)) if execute else none -%}
    {%- if relation is not none -%}
        {%- set rows = run_query('select * from ' ~ relation ~ ' where ' ~ needed ~ ' is not null order by position') -%}
        {%- for row in rows -%}{%- do found.append(dict(zip(rows.column_names, row.values()))) -%}{%- endfor -%}
    {%- endif -%}
    {{ return(found) }}
{%- endmacro %}

{# A sum of measures of one family as SQL over a row that has them as columns. A name that is no measure stops the run. #}
{% macro sum_of_measures(text) -%}
    {%- set sql = [] -%}
    {%- set known = families()[family_of(text)] -%}
    {%- for token in text.replace('+', ' + ').replace('-', ' - ').split() -%}
        {%- if token not in ('+', '-') and token not in known -%}
            {{ exceptions.raise_compiler_error('The catalogue names the measure ' ~ token ~ ', which there is not beside the others.') }}
        {%- endif -%}
        {%- do sql.append(token) -%}
    {%- endfor -%}
    {{ return('(' ~ sql | join(' ') ~ ')') }}
{%- endmacro %}

{# The measures of dossiers that figures of days are sums of, each stock in all its parts. #}
{% macro measures_by_day() -%}
    {%- set named = [] -%}
    {%- for i in catalogue_rows('indicators', 'numerator') if i.by_day and family_of(i.numerator) == 'dossier' -%}
        {%- for token in (i.numerator ~ ' ' ~ (i.denominator or '')).replace('+', ' ').replace('-', ' ').split() -%}
            {%- set name = token.replace('opening_', '') -%}
            {%- if name in stocks() -%}
                {%- for standing in standings() -%}{%- do named.append(name ~ '_' ~ standing) -%}{%- endfor -%}
            {%- else -%}
                {%- do named.append(name) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(named) }}
{%- endmacro %}

{# A list in a text, as quoted SQL values. #}
{% macro quoted_list(text) -%}
    {%- set values = [] -%}
    {%- for value in text.split(',') -%}{%- do values.append("'" ~ value ~ "'") -%}{%- endfor -%}
    {{ return(values | join(', ')) }}
{%- endmacro %}

{# A sum of measures, or nothing where a column that it needs is not told of the unit. #}
{% macro told_sum(text, needs) -%}
    {%- set sum = sum_of_measures(text) -%}
    {%- if not needs -%}{{ return(sum) }}{%- endif -%}
    {%- set told = [] -%}
    {%- for column in needs.replace('.', '_').split(',') -%}{%- do told.append('t.' ~ column) -%}{%- endfor -%}
    {{ return('case when ' ~ told | join(' and ') ~ ' then ' ~ sum ~ ' end') }}
{%- endmacro %}

{# A join with what is told of units, for sums that need it. #}
{% macro with_told(needs) -%}
    {%- if needs -%}left join {{ ref('unit_told') }} as t on t.unit = d.unit{%- endif -%}
{%- endmacro %}

{# A join with what units offer, for sums that name it. #}
{% macro with_services(text) -%}
    {%- if 'services' in text -%}
    left join {{ ref('service_period') }} as s
        on s.period_set = d.period_set and s.grain = d.grain and s.period_start = d.period_start and s.period_end = d.period_end and s.unit = d.unit
    {%- endif -%}
{%- endmacro %}
