{# What is counted: name and condition over the events of lives; a stock's delta has the event's sign. #}
{% macro flows() -%}
    {%- set found = {
        'received': 'is_reception', 'received_online': "is_reception and channel = 'online'", 'received_direct': "is_reception and channel = 'direct'",
        'received_post': "is_reception and channel = 'post'", 'received_reused': 'is_reception and components_reused',
        'received_components_digitized': 'is_reception and components_digitized', 'received_with_fee': 'is_reception and has_fee',
        'received_paid_online': 'is_reception and has_fee and is_paid_online',
        'settled_result_digitized': "state = 'settled' and is_end and result_digitized",
        'settled_digitized': "state = 'settled' and is_end and components_digitized and result_digitized",
    } -%}
    {%- for state in ('settled', 'withdrawn', 'stopped') -%}
        {%- do found.update({state: "state = '" ~ state ~ "' and is_end"}) -%}
        {%- for verdict in ('early', 'on_time', 'late', 'without_due') -%}
            {%- do found.update({state ~ '_' ~ verdict: "state = '" ~ state ~ "' and is_end and standing = '" ~ verdict ~ "'"}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{% macro stocks() -%}
    {%- set found = {} -%}
    {%- for state in ('running', 'paused') -%}
        {%- for standing, standings in {'within': "'within', 'early', 'on_time'", 'past': "'past', 'late'", 'without_due': "'without_due'"}.items() -%}
            {%- do found.update({state ~ '_' ~ standing: "state = '" ~ state ~ "' and standing in (" ~ standings ~ ")"}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}
