-- depends_on: {{ ref('postal_key_touched') }}, {{ ref('dossier_told') }}, {{ ref('postal_office') }}
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook=[
        "{{ make_edit_distance() }}",
        "{{ forget_keys() }}",
        "{% if is_incremental() %}delete from {{ this }} where (dossier_system, dossier_code) in (select d.system, d.code from {{ ref('dossier_told') }} as d){% endif %}",
        "{% if is_incremental() %}delete from {{ this }} where is_untold and (system, code) in (select o.system, o.code from {{ ref('postal_open') }} as o where o.office in ({{ moved_offices() }})){% endif %}"
    ]
) }}
{#
  Dossiers whose code is within two edits of the one that was typed for an open piece of work, at the desk and about the day of the work. edits is the
  fewest over the ways in which a code is written; a swap of neighbours is one edit. A piece
  whose log names no unit (is_untold) is asked anew when its office works elsewhere than before, too.
#}
{#- Days, from the day of the work, on which the dossier's moment may lie: what postal_time_fit takes for possible. -#}
{%- set windows = [('receive', 'received', -1, 1), ('return', 'returned', -1, 1), ('digitize_components', 'received', -3, 0), ('digitize_result', 'ended', -3, 0)] %}
{#- Where a month of days is possible, the agency and the day in the code, or the number, must be as they were typed. -#}
{%- set long_windows = {'return': 'ended_untold', 'guide': 'filed'} %}
{%- set moments = {
    'received': 'd.received_at', 'returned': 'd.returned_at', 'ended': 'd.ended_at', 'ended_untold': 'case when d.returned_at is null then d.ended_at end',
    'filed': 'coalesce(d.submitted_at, d.received_at)',
} %}
with possible_day as (
    {% for work, moment, first, last in windows %}{% set outer_first = loop.first %}{% for day in range(first, last + 1) %}
    {{ 'union all ' if not (outer_first and loop.first) }}select '{{ work }}' as work, '{{ moment }}' as moment, {{ day }} as days
    {%- endfor %}{% endfor %}
),

typed_piece as (
    select
        o.system, o.code, o.office, o.spelling_key, o.work, o.told_unit is null as is_untold, coalesce(o.told_unit, u.unit) as unit, cast(o.began_at as date) as day,
        {{ even_code('o.typed') }} as plain, substr(o.typed, 1, 1) between '0' and '9' as is_from_small
    from {{ ref('postal_open') }} as o
    left join {{ ref('postal_office') }} as u on o.told_unit is null and u.office = o.office
    where not o.is_logged_again
),

{{ written_codes('read_piece', 'typed_piece', 'spelling_key') }},

piece as (
    select
        system, code, office, spelling_key, work, is_untold, unit, day, plain, is_from_small, case when is_code then from_large end as from_key,
        agency || '-' || code_date || '-' as agency_day, code_number as number,
        case when code_number <> '' then {{ last_four('code_number') }} else right(plain, 4) end as last_four
    from read_piece
),

{% if not flags.FULL_REFRESH -%}
asked as (
    select
        *, spelling_key in (select spelling_key from {{ ref('postal_key_touched') }}) or (is_untold and coalesce(office in ({{ moved_offices() }}), false)) as is_again
    from piece
),

again as (
    select * from asked where is_again and not is_untold
),

{# Few, of any time, and at all units of an office: they are looked up among all dossiers. #}
again_untold as (
    select * from asked where is_again and is_untold
),

other as (
    select * from asked where not is_again
),

{#- Dossiers that may be meant are chosen once, by unit and month: each way of looking then reads those, not all. -#}
asked_month as (
    select distinct {{ period_start('month', add_days('a.day', 'b.days')) }} as month
    from again as a cross join (select -31 as days union all select -15 union all select 0 union all select 1) as b
),

near_dossier as (
    select d.system, d.code, d.dossier, d.is_counted, d.receiving_unit, d.resolving_unit, d.submitted_at, d.received_at, d.returned_at, d.ended_at
    from {{ ref('fct_dossier') }} as d
    where d.is_counted and (d.resolving_unit in (select unit from again) or d.receiving_unit in (select unit from again)) and (
        {%- for at in moments.values() %}
        {{ 'or ' if not loop.first }}{{ period_start('month', at) }} in (select month from asked_month)
        {%- endfor %}
    )
),

{% endif -%}
told_dossier as (
    select * from {{ touched_rows(ref('fct_dossier'), 'dossier_told') }} as f where is_counted
),

{#- No pair comes twice: a piece has one moment, and looks at a dossier's two units apart. -#}
{%- set columns = 'p.system, p.code, p.spelling_key, p.is_untold, p.plain, p.is_from_small, p.from_key, d.system as dossier_system, d.code as dossier_code, d.dossier' %}
pair as (
    {%- set sides = [('piece', 'told_dossier')] if flags.FULL_REFRESH else [('again', 'near_dossier'), ('again_untold', ref('fct_dossier')), ('other', 'told_dossier')] %}
    {%- for pieces, dossiers in sides %}
    {%- set outer_first = loop.first %}
    {%- for unit in ('receiving_unit', 'resolving_unit') %}
    {%- set inner_first = loop.first %}
    {#- Most are received where they are resolved. Where an office works at both units, the dossier is found by the resolving one. -#}
    {%- set other_desk %}
        {%- if unit == 'receiving_unit' %} and d.receiving_unit <> d.resolving_unit
        and not (p.is_untold and exists (select 1 from {{ ref('postal_office') }} as o where o.office = p.office and o.unit = d.resolving_unit))
        {%- endif %}
    {%- endset %}
    {%- for moment in ('received', 'returned', 'ended') %}
    {{ 'union all' if not (outer_first and inner_first and loop.first) }}
    select {{ columns }}
    from (
        select a.*, {{ add_days('a.day', 'b.days') }} as moment_day
        from {{ pieces }} as a inner join possible_day as b on b.work = a.work and b.moment = '{{ moment }}'
    ) as p
    inner join {{ dossiers }} as d on d.{{ unit }} = p.unit and cast({{ moments[moment] }} as date) = p.moment_day
    where d.is_counted{{ other_desk }} and ({{ alike_codes('p', 'd.dossier') }})
    {%- endfor %}
    {%- for work, moment in long_windows.items() %}
    {#- The parts of a code are dear to take: what is cheap to take is joined by. -#}
    {%- set at = moments[moment] %}
    union all
    select {{ columns }}
    from {{ pieces }} as p inner join {{ dossiers }} as d on d.{{ unit }} = p.unit and left(d.dossier, 19) = left(p.spelling_key, 19)
    where d.is_counted{{ other_desk }} and p.work = '{{ work }}' and p.number <> '' and p.day - cast({{ at }} as date) between 0 and 30
        and left(d.dossier, length(p.agency_day)) = p.agency_day
    union all
    select {{ columns }}
    from (
        select a.*, {{ period_start('month', 'a.day') }} as month from {{ pieces }} as a
        union all
        select a.*, {{ add_months(period_start('month', 'a.day'), '-1') }} from {{ pieces }} as a
    ) as p
    inner join {{ dossiers }} as d
        on d.{{ unit }} = p.unit and {{ period_start('month', at) }} = p.month and right(d.dossier, 2) = right(p.spelling_key, 2)
    where d.is_counted{{ other_desk }} and p.work = '{{ work }}' and p.number <> '' and p.day - cast({{ at }} as date) between 0 and 30
        and split_part(d.dossier, '-', 3) = p.number
    {%- endfor %}
    {%- endfor %}
    {%- endfor %}
),

{# Pairs go through here one after the other, and few of them stay: nothing is made of all of them. #}
{{ written_codes('written', 'pair', 'dossier') }},

measured as (
    select
        system, code, spelling_key, is_untold, dossier_system, dossier_code,
        least(
            {{ edits('from_key', 'from_large') }},
            case
                {# What was read as a code was read from it, digit by digit. #}
                when length(from_key) = length(plain) then 9
                when is_from_small or from_small is null then {{ edits('plain', 'coalesce(from_small, from_large)') }}
                else least({{ edits('plain', 'from_large') }}, {{ edits('plain', 'short') }}, {{ edits('plain', 'shortest') }})
            end
        ) as edits
    from written
    where case when is_code then dossier else {{ spelling('dossier') }} end <> spelling_key
)

select system, code, spelling_key, is_untold, dossier_system, dossier_code, cast(edits as bigint) as edits from measured where edits <= 2
