{#
  What is counted, by name: docs/figures.md says what each is. Flows are sums of days; a stock is the sum of all its deltas up to a day.
  The catalogue names measures; sums over their splits, and opening stocks, are made where figures are.
#}
{% macro ends() -%}{{ return(['settled', 'withdrawn', 'stopped', 'refused']) }}{%- endmacro %}
{% macro verdicts() -%}{{ return(['early', 'on_time', 'late', 'without_due']) }}{%- endmacro %}
{% macro stocks() -%}{{ return(['running', 'paused', 'held']) }}{%- endmacro %}
{% macro standings() -%}{{ return(['within', 'past', 'without_due']) }}{%- endmacro %}
{# The national reading has no prefix. #}
{% macro readings() -%}{{ return(['', 'local_']) }}{%- endmacro %}

{# What a dossier is besides its life, counted on the day of reception and on that of a settlement: name, condition over core.fct_dossier_trait. #}
{% macro reception_traits() -%}
    {{ return(['received_online', 'received_direct', 'received_post', 'received_reused', 'received_from_store', 'received_identity_verified', 'received_components_digitized', 'received_electronic', 'received_with_fee', 'received_paid_online']) }}
{%- endmacro %}
{% macro settlement_traits() -%}{{ return(['settled_paper', 'settled_paper_digitized', 'settled_digitized']) }}{%- endmacro %}

{# Flows of a day's cells. Transfers are flows, too, but depend on which units are looked at: measures.transfer_daily. #}
{% macro daily_flows() -%}
    {%- set names = ['received', 'reopened'] + reception_traits() + settlement_traits() -%}
    {%- for end in ends() -%}
        {%- do names.append(end) -%}
        {%- for reading in readings() -%}
            {%- for verdict in verdicts() -%}{%- do names.append(reading ~ end ~ '_' ~ verdict) -%}{%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
{% macro flow_measures() -%}{{ return(daily_flows() + ['transferred_in', 'transferred_out']) }}{%- endmacro %}

{% macro stock_measures() -%}
    {%- set names = [] -%}
    {%- for reading in readings() -%}
        {%- for stock in stocks() -%}
            {%- for standing in standings() -%}{%- do names.append(reading ~ stock ~ '_' ~ standing) -%}{%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(names) }}
{%- endmacro %}

{# What units offer, and procedures that were asked for: measures.service_period. #}
{% macro service_measures() -%}
    {{ return(['services', 'services_online', 'services_full', 'services_with_fee', 'services_with_online_dossiers', 'services_received', 'services_with_fee_dossiers', 'services_paid_online']) }}
{%- endmacro %}

{# All that the catalogue may name. #}
{% macro all_measures() -%}
    {%- set names = flow_measures() + stock_measures() + stocks() + service_measures() -%}
    {%- for stock in stocks() -%}{%- do names.append('opening_' ~ stock) -%}{%- endfor -%}
    {{ return(names) }}
{%- endmacro %}
