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
    {{ return(['received_through_post', 'received_digitized_by_post', 'received_online', 'received_direct', 'received_post', 'received_reused', 'received_from_store', 'received_identity_verified', 'received_components_digitized', 'received_electronic', 'received_with_fee', 'received_paid_online']) }}
{%- endmacro %}
{% macro settlement_traits() -%}{{ return(['settled_paper', 'settled_paper_digitized', 'settled_digitized', 'settled_digitized_by_post', 'settled_happily']) }}{%- endmacro %}

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

{# The work of the post, and feedback of citizens: families of their own, without channels. #}
{% macro postal_measures() -%}
    {{ return(['work_guided', 'work_received', 'work_digitized', 'work_digitized_results', 'work_returned', 'work_failed', 'work_unmatched', 'pages_scanned', 'files_made', 'files_signed']) }}
{%- endmacro %}
{% macro feedback_flows() -%}
    {{ return(['inquiries_received', 'complaints_received', 'proposals_received', 'petitions_unhappy', 'inquiries_answered', 'petitions_answered_in_time', 'petitions_answered_late', 'petitions_passed_on']) }}
{%- endmacro %}
{% macro feedback_stocks() -%}{{ return(['petitions_open_within', 'petitions_open_past']) }}{%- endmacro %}
{# Rows that came, of any entity: the completeness of figures over them. #}
{% macro arrival_measures() -%}{{ return(['rows_arrived', 'rows_missing']) }}{%- endmacro %}
{# The entity whose rows a figure is made of; none for a figure of what units offer, which no arriving row makes. #}
{% macro entity_behind(text) -%}
    {%- set entities = {'dossier': 'dossiers', 'postal': 'postal_events', 'feedback': 'feedback'} -%}
    {{ return(none if 'services' in text else entities[family_of(text)]) }}
{%- endmacro %}
{# A complaint or proposal without a due date has so many working days: the national rule. #}
{% macro petition_working_days() -%}15{%- endmacro %}

{# All that the catalogue may name, by family. #}
{% macro families() -%}
    {%- set dossier = flow_measures() + stock_measures() + stocks() + service_measures() -%}
    {%- for stock in stocks() -%}{%- do dossier.append('opening_' ~ stock) -%}{%- endfor -%}
    {%- set feedback = feedback_flows() + feedback_stocks() -%}
    {%- for stock in feedback_stocks() -%}{%- do feedback.append('opening_' ~ stock) -%}{%- endfor -%}
    {{ return({'dossier': dossier, 'postal': postal_measures(), 'feedback': feedback}) }}
{%- endmacro %}

{# The family of a sum of measures: that of the first it names. #}
{% macro family_of(text) -%}
    {%- set first = text.replace('+', ' ').replace('-', ' ').split()[0] -%}
    {%- for family, names in families().items() if first in names -%}{{ return(family) }}{%- endfor -%}
    {{ exceptions.raise_compiler_error('The catalogue names the measure ' ~ first ~ ', which there is not.') }}
{%- endmacro %}
