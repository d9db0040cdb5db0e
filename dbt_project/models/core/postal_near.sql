-- depends_on: {{ ref('postal_key_touched') }}, {{ ref('dossier_told') }}
{{ config(
    materialized='incremental', incremental_strategy='append',
    pre_hook=[
        "{{ make_edit_distance() }}",
        "{{ forget_keys() }}",
        "{% if is_incremental() %}delete from {{ this }} where is_untold or (dossier_system, dossier_code) in (select d.system, d.code from {{ ref('dossier_told') }} as d){% endif %}"
    ]
) }}
{#
  Dossiers whose code is within two edits of the one that was typed for an open piece of work, at the desk and about the day of the work. edits is the
  fewest over the ways in which a code is written; a swap of neighbours is one edit. A piece
  whose log names no unit (is_untold) is asked anew each time:
  where its office works is known from all of its work.
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

piece as (
    select
        o.system, o.code, o.spelling_key, o.typed, o.work, o.told_unit is null as is_untold, coalesce(o.told_unit, u.unit) as unit, cast(o.began_at as date) as day,
        split_part(o.spelling_key, '-', 1) || '-' || split_part(o.spelling_key, '-', 2) || '-' as agency_day, split_part(o.spelling_key, '-', 3) as number,
        case
            when split_part(o.spelling_key, '-', 3) <> '' then {{ last_four("split_part(o.spelling_key, '-', 3)") }} else right({{ even_code('o.typed') }}, 4)
        end as last_four
    from {{ ref('postal_open') }} as o
    left join {{ ref('postal_office') }} as u on o.told_unit is null and u.office = o.office
    where not o.is_logged_again
),

{% if not flags.FULL_REFRESH -%}
again as (
    select * from piece where is_untold or spelling_key in (select spelling_key from {{ ref('postal_key_touched') }})
),

other as (
    select * from piece where not is_untold and spelling_key not in (select spelling_key from {{ ref('postal_key_touched') }})
),

{% endif -%}
told_dossier as (
    select * from {{ touched_rows(ref('fct_dossier'), 'dossier_told') }} as f where is_counted
),

pair as (
    {%- set sides = [('piece', 'told_dossier')] if flags.FULL_REFRESH else [('again', ref('fct_dossier')), ('other', 'told_dossier')] %}
    {%- for pieces, dossiers in sides %}
    {%- set outer_first = loop.first %}
    {%- for unit in ('receiving_unit', 'resolving_unit') %}
    {%- set inner_first = loop.first %}
    {#- Most are received where they are resolved. -#}
    {%- set other_desk = ' and d.receiving_unit <> d.resolving_unit' if unit == 'receiving_unit' else '' %}
    {%- for moment in ('received', 'returned', 'ended') %}
    {{ 'union' if not (outer_first and inner_first and loop.first) }}
    select p.system, p.code, p.spelling_key, p.typed, p.is_untold, d.system as dossier_system, d.code as dossier_code
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
    union
    select p.system, p.code, p.spelling_key, p.typed, p.is_untold, d.system as dossier_system, d.code as dossier_code
    from {{ pieces }} as p inner join {{ dossiers }} as d on d.{{ unit }} = p.unit and left(d.dossier, 19) = left(p.spelling_key, 19)
    where d.is_counted{{ other_desk }} and p.work = '{{ work }}' and p.number <> '' and p.day - cast({{ at }} as date) between 0 and 30
        and left(d.dossier, length(p.agency_day)) = p.agency_day
    union
    select p.system, p.code, p.spelling_key, p.typed, p.is_untold, d.system as dossier_system, d.code as dossier_code
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

dossier as (
    select d.system, d.code, d.spelling_key
    from {{ ref('dossier_spelling') }} as d
    where exists (select 1 from pair as p where p.dossier_system = d.system and p.dossier_code = d.code)
),

{# Each code that was typed against each that is near in place and time, once. #}
compared as (
    select distinct p.typed, p.spelling_key, d.spelling_key as dossier_key
    from pair as p inner join dossier as d on d.system = p.dossier_system and d.code = p.dossier_code
    where d.spelling_key <> p.spelling_key
),

{{ written_codes('written', '(select distinct dossier_key as spelling_key from compared)') }},

{{ written_codes('typed_code', '(select distinct typed, spelling_key from compared)', 'typed, ') }},

told as (
    select typed, spelling_key, {{ even_code('typed') }} as plain, substr(typed, 1, 1) between '0' and '9' as is_from_small, case when is_code then from_large end as from_key
    from typed_code
),

measured as (
    select
        c.typed, c.dossier_key,
        least(
            {{ edits('t.from_key', 'w.from_large') }},
            case
                {# What was read as a code was read from it, digit by digit. #}
                when length(t.from_key) = length(t.plain) then 9
                when t.is_from_small or w.from_small is null then {{ edits('t.plain', 'coalesce(w.from_small, w.from_large)') }}
                else least({{ edits('t.plain', 'w.from_large') }}, {{ edits('t.plain', 'w.short') }}, {{ edits('t.plain', 'w.shortest') }})
            end
        ) as edits
    from compared as c
    inner join told as t on t.typed = c.typed
    inner join written as w on w.spelling_key = c.dossier_key
)

select p.system, p.code, p.spelling_key, p.is_untold, p.dossier_system, p.dossier_code, cast(m.edits as bigint) as edits
from pair as p
inner join dossier as d on d.system = p.dossier_system and d.code = p.dossier_code
inner join measured as m on m.typed = p.typed and m.dossier_key = d.spelling_key
where m.edits <= 2
