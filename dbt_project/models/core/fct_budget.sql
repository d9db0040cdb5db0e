{#
  Lines of agencies' budgets as they are known now, each with the rule that decided whether it is digital-transformation money: the first of the rules in
  qn.yaml that is valid at the month's end and whose conditions all hold. Without one it is undecided (is_digital is null). Amounts are đồng, cumulative.
#}
with line as (
    select v.*, cast({{ add_months("cast(v.year || '-' || lpad(cast(v.month as varchar), 2, '0') || '-01' as date)", '1') }} as date) as month_after
    from {{ ref('budget_line_version') }} as v where v.known_to is null and not v.is_deleted
),

keyword as (
    select r.rule, k.word
    from {{ ref('stg_budget_rules') }} as r
    inner join {{ ref('stg_budget_keywords') }} as k on k.rule = r.rule
),

named as (
    select distinct l.system, l.code, k.rule
    from line as l inner join keyword as k on strpos({{ folded('l.name') }}, {{ folded('k.word') }}) > 0
),

matched as (
    select l.system, l.code, r.rule, r.decides, row_number() over (partition by l.system, l.code order by r.position) as place
    from line as l
    inner join {{ ref('stg_budget_rules') }} as r
        on (r.valid_from is null or r.valid_from < l.month_after) and (r.valid_to is null or r.valid_to >= {{ add_days('l.month_after', '-1') }})
        {%- for list, column in [('chapters', 'chapter'), ('categories', 'category'), ('items', 'item'), ('subitems', 'subitem'), ('projects', 'project'), ('tags', 'tag')] %}
        and {{ listed('r.' ~ list, 'l.' ~ column) }}
        {%- endfor %}
    left join named as n on n.system = l.system and n.code = l.code and n.rule = r.rule
    where not r.has_keywords or n.rule is not null
)

select
    l.system, l.code, l.unit, l.year, l.month, {{ add_months('l.month_after', '-1') }} as month_start, l.kind, l.source, l.chapter, l.category, l.item, l.subitem,
    l.project, l.name, l.tag, m.rule, m.decides = 'include' as is_digital
    {%- for state in money_states() %}, l.{{ state }}{% endfor %}, l.known_from as batch_id
from line as l
left join matched as m on m.system = l.system and m.code = l.code and m.place = 1
