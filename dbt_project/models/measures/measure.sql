-- depends_on: {{ ref('dossier_piece') }}, {{ ref('trait_counted') }}
{#
  The conditions under which things are counted, as data: who asks for the rows behind a figure chooses them by what made it. Of dossiers, over
  measures.dossier_piece and measures.trait_counted; of the post, over core.fct_postal_event; of feedback, over measures.feedback_event.
#}
{%- set counted = [] -%}
{%- for measure, condition in flow_conditions().items() %}{% do counted.append(('dossier', 'flow', measure, condition, '1')) %}{% endfor -%}
{%- for measure, condition in stock_conditions().items() %}{% do counted.append(('dossier', 'stock', measure, condition, '1')) %}{% endfor -%}
{%- for measure, told in postal_conditions().items() %}{% do counted.append(('postal', 'flow', measure, told[0], told[1])) %}{% endfor -%}
{%- for measure, condition in feedback_flow_conditions().items() %}{% do counted.append(('feedback', 'flow', measure, condition, '1')) %}{% endfor -%}
{%- for measure, told in feedback_stock_conditions().items() %}{% do counted.append(('feedback', 'stock', measure, told[0], told[1])) %}{% endfor -%}
{%- for family, kind, measure, condition, weight in counted %}
{{ 'union all' if not loop.first }}
select '{{ family }}' as family, '{{ kind }}' as kind, '{{ measure }}' as measure, '{{ condition | replace("'", "''") }}' as condition, '{{ weight | replace("'", "''") }}' as weight
{%- endfor %}
