{# Budgets at a month's end; amounts are cumulative since the year began. #}
select
    {{ period_key("'calendar'", "'month'", "cast(month_start + interval '1 month' - interval '1 day' as date)") }} as period_key, month_start, unit,
    kind, {{ labelled('kind', 'budget_kind') }} as kind_name, source, {{ labelled('source', 'budget_source') }} as source_name,
    scope, {{ labelled('scope', 'scope') }} as scope_name, units, units_reported
    {%- for state in money_states() %}, {{ state }}{% endfor %}, plan
    {%- for share in ('disbursed_share', 'disbursed_of_allotted', 'allotted_share', 'need_met') %}, cast({{ share }} as decimal(20, 2)) as {{ share }}{% endfor %},
    pace, last_year_disbursed, all_plan, all_disbursed
    {%- for share in ('plan_share_of_all', 'disbursed_share_of_all', 'target_share') %}, cast({{ share }} as decimal(20, 2)) as {{ share }}{% endfor %}
from {{ ref('budget_execution') }}
