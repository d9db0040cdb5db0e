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

{#
  When a piece of a dossier's life is counted in a flow of its first day, by name: conditions over a piece of `measures.dossier_piece`. Transfers are
  flows, too, but depend on which units are looked at: measures.transfer_daily.
#}
{% macro flow_conditions() -%}
    {%- set electronic = '(' ~ has_trait('has_digital_result') ~ ' or not ' ~ has_trait('has_paper_result') ~ ')' -%}
    {%- set settled = "is_end and state = 'settled'" -%}
    {%- set conditions = {
        'received': 'is_reception',
        'reopened': 'is_reopening',
        'received_through_post': 'is_reception and ' ~ has_trait('is_through_post'),
        'received_digitized_by_post': 'is_reception and ' ~ has_trait('has_components_by_post'),
        'received_online': "is_reception and channel = 'online'",
        'received_direct': "is_reception and channel = 'direct'",
        'received_post': "is_reception and channel = 'post'",
        'received_reused': 'is_reception and ' ~ has_trait('is_reused'),
        'received_from_store': 'is_reception and ' ~ has_trait('is_from_store'),
        'received_identity_verified': 'is_reception and ' ~ has_trait('is_identity_verified'),
        'received_components_digitized': 'is_reception and ' ~ has_trait('has_digital_components'),
        'received_electronic': "is_reception and channel = 'online' and " ~ electronic,
        'received_with_fee': 'is_reception and ' ~ has_trait('has_fee'),
        'received_paid_online': 'is_reception and ' ~ has_trait('has_fee') ~ ' and ' ~ has_trait('is_paid_online'),
        'settled_paper': settled ~ ' and ' ~ has_trait('has_paper_result'),
        'settled_paper_digitized': settled ~ ' and ' ~ has_trait('has_paper_result') ~ ' and ' ~ has_trait('has_digital_result'),
        'settled_digitized': settled ~ ' and ' ~ has_trait('has_digital_components') ~ ' and ' ~ electronic,
        'settled_digitized_by_post': settled ~ ' and ' ~ has_trait('has_result_by_post'),
        'settled_happily': settled ~ " and standing <> 'late' and not " ~ has_trait('is_disliked'),
    } -%}
    {%- for end in ends() -%}
        {%- do conditions.update({end: "is_end and state = '" ~ end ~ "'"}) -%}
        {%- for reading in readings() -%}
            {%- for verdict in verdicts() -%}
                {%- do conditions.update({reading ~ end ~ '_' ~ verdict: conditions[end] ~ ' and ' ~ reading ~ "standing = '" ~ verdict ~ "'"}) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}
{% macro daily_flows() -%}{{ return(flow_conditions() | list) }}{%- endmacro %}
{% macro flow_measures() -%}{{ return(daily_flows() + ['transferred_in', 'transferred_out']) }}{%- endmacro %}

{# When a piece that has begun and is not over is counted in a stock, by name. #}
{% macro stock_conditions() -%}
    {%- set standings_of = {'within': "'within', 'early', 'on_time'", 'past': "'past', 'late'", 'without_due': "'without_due'"} -%}
    {%- set conditions = {} -%}
    {%- for reading in readings() -%}
        {%- for stock in stocks() -%}
            {%- for standing in standings() -%}
                {%- do conditions.update({
                    reading ~ stock ~ '_' ~ standing:
                        "state = '" ~ ('stopped' if stock == 'held' else stock) ~ "' and " ~ reading ~ 'standing in (' ~ standings_of[standing] ~ ')'
                }) -%}
            {%- endfor -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(conditions) }}
{%- endmacro %}
{% macro stock_measures() -%}{{ return(stock_conditions() | list) }}{%- endmacro %}

{# What units offer, and procedures that were asked for: measures.service_period. #}
{% macro service_measures() -%}
    {{ return(['services', 'services_online', 'services_full', 'services_with_fee', 'services_with_online_dossiers', 'services_received', 'services_with_fee_dossiers', 'services_paid_online']) }}
{%- endmacro %}

{#
  The work of the post, and feedback of citizens: families of their own, without channels. By name, the condition under which a piece of work
  (core.fct_postal_event) or an event of a contact (measures.feedback_event) is counted, and by how much.
#}
{% macro postal_conditions() -%}
    {%- set done = "outcome = 'done'" -%}
    {{ return({
        'work_guided': ("kind = 'guide' and " ~ done, '1'),
        'work_received': ("kind = 'receive' and " ~ done, '1'),
        'work_digitized': ("kind = 'digitize' and " ~ done, '1'),
        'work_digitized_results': ("kind = 'digitize' and scanned = 'result' and " ~ done, '1'),
        'work_returned': ("kind = 'return' and " ~ done, '1'),
        'work_failed': ("outcome is distinct from 'done'", '1'),
        'work_unmatched': ("kind <> 'guide' and not " ~ is_matched('match'), '1'),
        'pages_scanned': (done, 'coalesce(pages, 0)'),
        'files_made': (done, 'coalesce(files, 0)'),
        'files_signed': (done ~ ' and signed', 'coalesce(files, 0)'),
    }) }}
{%- endmacro %}
{% macro postal_measures() -%}{{ return(postal_conditions() | list) }}{%- endmacro %}

{% macro feedback_flow_conditions() -%}
    {{ return({
        'inquiries_received': "what = 'received' and kind = 'inquiry'",
        'complaints_received': "what = 'received' and kind = 'complaint'",
        'proposals_received': "what = 'received' and kind = 'proposal'",
        'petitions_unhappy': "what = 'received' and is_petition and is_unhappy",
        'inquiries_answered': "what = 'closed' and kind = 'inquiry' and is_answered",
        'petitions_answered_in_time': "what = 'closed' and is_petition and is_answered and standing <> 'past'",
        'petitions_answered_late': "what = 'closed' and is_petition and is_answered and standing = 'past'",
        'petitions_passed_on': "what = 'closed' and is_petition and not is_answered",
    }) }}
{%- endmacro %}
{# What an event adds to a stock: one that passes its due date leaves the first and enters the second. #}
{% macro feedback_stock_conditions() -%}
    {{ return({
        'petitions_open_within': ("is_petition and (what = 'breached' or standing <> 'past')", "case when what = 'received' then 1 else -1 end"),
        'petitions_open_past': ("is_petition and standing = 'past'", "case when what = 'closed' then -1 else 1 end"),
    }) }}
{%- endmacro %}
{% macro feedback_flows() -%}{{ return(feedback_flow_conditions() | list) }}{%- endmacro %}
{% macro feedback_stocks() -%}{{ return(feedback_stock_conditions() | list) }}{%- endmacro %}
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
