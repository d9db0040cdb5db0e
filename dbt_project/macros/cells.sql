{# What is counted of dossiers, and how what was counted is taken back when a dossier is made again. #}

{# The traits by which dossiers are counted, and all of them as the bits of a number. #}
{% macro counted_traits() -%}
    {{ return(['is_reused', 'is_from_store', 'is_identity_verified', 'has_digital_components', 'has_digital_result', 'has_paper_result', 'has_fee', 'is_paid_online', 'is_through_post', 'has_components_by_post', 'has_result_by_post', 'is_disliked']) }}
{%- endmacro %}
{% macro trait_bits(alias) -%}
    ({% for trait in counted_traits() %}{{ ' + ' if not loop.first }}case when {{ alias }}.{{ trait }} then {{ 2 ** loop.index0 }} else 0 end{% endfor %})
{%- endmacro %}
{% macro has_trait(trait) -%}
    (traits & {{ 2 ** counted_traits().index(trait) }}) > 0
{%- endmacro %}

{#
  The events of pieces of lives, each with its day, a row that begins and one that ends: a piece adds to its stock on its first day, and takes
  away on the day that it closes. `pieces`: rows of core.fct_dossier_interval, `traits`: of measures.trait_counted.
#}
{% macro events_of(pieces, traits) -%}
    select
        i.system, i.code, cast(i.began_at as date) as day, i.unit, i.desk, i.channel, i.state, i.standing, i.local_standing, i.is_end, 1 as sign,
        i.piece = 1 as is_reception, coalesce(i.spell > i.spell_before, false) as is_reopening, t.traits
    from {{ pieces }} as i inner join {{ traits }} as t on t.system = i.system and t.code = i.code
    where i.has_begun
    union all
    select
        i.system, i.code, cast(i.ended_at as date), i.unit, i.desk, i.channel, i.state, i.standing, i.local_standing, false, -1, false, false, 0
    from {{ pieces }} as i
    where i.is_over
{%- endmacro %}

{#
  A queue of events as they were counted, of dossiers that are to be counted again: noted before what they are counted by is made again, once a
  dossier, and taken off the cells and out of the queue in one transaction (measures.dossier_daily). A dossier without events has a row without a day.
#}
{% macro events_left(dossiers, other_queue) -%}
    with dossier as (
        select d.system, d.code from {{ dossiers }} as d
        where not exists (select 1 from {{ this }} as q where q.system = d.system and q.code = d.code)
            and not exists (select 1 from {{ other_queue }} as q where q.system = d.system and q.code = d.code)
    ),

    piece as (
        select p.* from core.fct_dossier_interval as p where exists (select 1 from dossier as d where d.system = p.system and d.code = p.code)
    ),

    trait as (
        select t.* from measures.trait_counted as t where exists (select 1 from dossier as d where d.system = t.system and d.code = t.code)
    ),

    event as (
        {{ events_of('piece', 'trait') }}
    )

    select
        d.system, d.code, e.day, e.unit, e.desk, e.channel, e.state, e.standing, e.local_standing, e.is_end, e.sign, e.is_reception, e.is_reopening, e.traits
    from dossier as d left join event as e on e.system = d.system and e.code = d.code
{%- endmacro %}

{# What is counted by procedure, of pieces of lives and times of work: a reception on its day, a settlement on that of the dossier's reception. #}
{% macro procedure_events(pieces, times) -%}
    select
        i.system, i.code, cast(i.began_at as date) as day, i.unit, i.procedure, 1 as received, case when i.channel = 'online' then 1 else 0 end as received_online,
        case when i.has_fee then 1 else 0 end as received_with_fee, case when i.has_fee and i.is_paid_online then 1 else 0 end as received_paid_online,
        0 as settled, cast(0 as bigint) as seconds
    from {{ pieces }} as i
    where i.piece = 1 and i.has_begun
    union all
    select t.system, t.code, cast(t.received_at as date), t.unit, t.procedure, 0, 0, 0, 0, 1, t.seconds
    from {{ times }} as t
    where t.is_over
{%- endmacro %}

{# An empty queue of events. #}
{% macro no_events() -%}
    select
        system, code, cast(null as date) as day, code as unit, code as desk, code as channel, code as state, code as standing, code as local_standing, true as is_end,
        1 as sign, true as is_reception, true as is_reopening, 0 as traits
{%- endmacro %}
