{#
  Working time is measured on one axis: the seconds that offices were open since the first day of core.dim_workday. A moment has a position
  on it, a position has a moment; deadlines and pauses are additions on that axis. A position at which offices close is the moment at which
  they open next.
#}

{# The seconds of its day at a moment. #}
{% macro second_of_day(moment) -%}
    (cast(extract(hour from {{ moment }}) as bigint) * 3600 + cast(extract(minute from {{ moment }}) as bigint) * 60 + cast(floor(extract(second from {{ moment }})) as bigint))
{%- endmacro %}

{# The position of a moment whose day is joined as `day` from core.dim_workday. #}
{% macro working_position(moment, day) -%}
    ({{ day }}.seconds_before
    {%- for span in range(1, 5) %} + greatest(least({{ second_of_day(moment) }}, {{ day }}.closes_{{ span }}) - {{ day }}.opens_{{ span }}, 0){% endfor %})
{%- endmacro %}

{# The condition under which a row of core.dim_work_hour holds a position. Equality on the hour makes it a lookup. #}
{% macro holds_position(hour, position) -%}
    {{ hour }}.hour = {{ whole_division(position, '3600') }} and {{ hour }}.seconds_before <= {{ position }} and {{ position }} < {{ hour }}.seconds_before + {{ hour }}.seconds
{%- endmacro %}

{# The moment of a position whose row of core.dim_work_hour is joined as `hour`. #}
{% macro working_moment(position, hour) -%}
    {%- set rest = '(' ~ position ~ ' - ' ~ hour ~ '.seconds_before)' -%}
    cast({{ hour }}.day as timestamp) + interval '1 second' * (case
        {%- for span in range(1, 5) %}
        {%- set before = [] -%}
        {%- for earlier in range(1, span) %}{% do before.append(' - (' ~ hour ~ '.closes_' ~ earlier ~ ' - ' ~ hour ~ '.opens_' ~ earlier ~ ')') %}{% endfor %}
        when {{ rest }}{{ before | join('') }} < {{ hour }}.closes_{{ span }} - {{ hour }}.opens_{{ span }} then {{ hour }}.opens_{{ span }} + {{ rest }}{{ before | join('') }}
        {%- endfor %}
    end)
{%- endmacro %}

{# The last moment at a position, which offices may close at; the row of core.dim_work_hour that is joined holds the second before it. #}
{% macro working_closing(position, hour) -%}
    {{ working_moment('(' ~ position ~ ' - 1)', hour) }} + interval '1 second'
{%- endmacro %}

{# The n-th span of opening hours (07:30-11:30,13:00-17:00) as seconds of the day; both bounds 0 where there are fewer. #}
{% macro span_bound(hours, span, bound) -%}
    {%- set text = "split_part(trim(split_part(" ~ hours ~ ", ',', " ~ span ~ ")), '-', " ~ bound ~ ")" -%}
    case when {{ text }} = '' or {{ text }} is null then 0 else cast(substr({{ text }}, 1, 2) as bigint) * 3600 + cast(substr({{ text }}, 4, 2) as bigint) * 60 end
{%- endmacro %}
