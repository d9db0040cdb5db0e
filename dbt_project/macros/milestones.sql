{# What a specialised database goes through, in order. #}
{% macro milestones() -%}{{ return(['approved', 'procured', 'built', 'migrated', 'connected', 'operated']) }}{%- endmacro %}
