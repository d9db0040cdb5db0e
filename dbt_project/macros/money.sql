{# The states of money. They are columns, and are never added to each other. #}
{% macro money_states() -%}{{ return(['need', 'estimate', 'adjustment', 'carried_over', 'allotted', 'expected', 'disbursed', 'settled']) }}{%- endmacro %}
