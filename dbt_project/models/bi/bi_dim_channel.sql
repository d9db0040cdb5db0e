{# The channels of the contract; `all` is their sum. #}
{% for channel, label in labels('channel').items() -%}
{{ 'union all ' if not loop.first }}select '{{ channel }}' as channel, '{{ label }}' as name, {{ 'true' if channel == 'all' else 'false' }} as is_total
{% endfor %}
