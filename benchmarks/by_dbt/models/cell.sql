{# What each day adds, by role, unit and channel. #}
with run as (
    select cast(max(file_day) + 1 as timestamp) as as_of from {{ source('raw', 'dossiers') }}
),

event as (
    select code, cast(began_at as date) as day, state, standing, is_reception, is_end, 1 as sign from {{ ref('life_piece') }}, run where began_at < as_of
    union all
    select code, cast(ended_at as date), state, standing, false, false, -1 from {{ ref('life_piece') }}, run where ended_at < as_of
),

counted as (
    select
        e.*, d.resolving_unit, coalesce(d.receiving_unit, d.resolving_unit) as desk, d.channel, d.components_digitized, d.components_reused, d.result_digitized,
        coalesce(d.fee, 0) > 0 as has_fee, coalesce(d.online_payment, 'none') <> 'none' as is_paid_online
    from event as e inner join {{ ref('dossier') }} as d on d.code = e.code
),

placed as (
    select
        day, resolving_unit, desk, channel
        {%- for name, condition in flows().items() %}, count(*) filter (where {{ condition }}) as {{ name }}{% endfor %}
        {%- for name, condition in stocks().items() %}, coalesce(sum(sign) filter (where {{ condition }}), 0) as {{ name }}{% endfor %}
    from counted group by day, resolving_unit, desk, channel
)
{%- set measures = flows() | list + stocks() | list %}

select
    p.day, 'resolving' as role, a.ancestor as unit, coalesce(p.channel, 'all') as channel
    {%- for name in measures %}, cast(sum(p.{{ name }}) as bigint) as {{ name }}{% endfor %}
from placed as p inner join {{ ref('unit_ancestor') }} as a on a.unit = p.resolving_unit
group by grouping sets ((p.day, a.ancestor, p.channel), (p.day, a.ancestor))
union all
select
    p.day, 'receiving', a.ancestor, 'all'
    {%- for name in measures %}, cast(sum(p.{{ name }}) as bigint){% endfor %}
from placed as p inner join {{ ref('unit_ancestor') }} as a on a.unit = p.desk
group by p.day, a.ancestor
