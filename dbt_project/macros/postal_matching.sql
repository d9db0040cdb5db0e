{#
  How well a piece of the post's work fits a dossier.

  Points are tenths of powers of ten, taken from 100: what costs 10 more is ten times less likely, were the piece the dossier's. So the distance to the next best
  says how sure a match is. Chosen from what clerks may do, and tuned on a made log (benchmarks/matching.py), not on a real one: about one code in thirty has a slip,
  and a given slip is one of some hundred (35); a second one in the same code is likelier than two apart (20 more); the shop's moment lies within the piece of work
  or minutes from it in 99 of 100, the same day otherwise (28; scanning is a little less bound to a moment, 26); one log in a hundred and fifty names another desk (22); one in a
  thousand is a second log of a reception, a scan or a return (30); of a dossier for which the post works it mostly does other work, too (12). What has no moment to
  compare (unknown) says little (20).
#}

{# What is done: digitizing the papers and digitizing the result are two works. #}
{% macro postal_work_of(event) -%}
    case when {{ event }}.kind = 'digitize' then 'digitize_' || coalesce({{ event }}.scanned, 'components') else {{ event }}.kind end
{%- endmacro %}

{# Whether the unit in the log is one of the dossier's. #}
{% macro postal_unit_fit(event, dossier) -%}
    case
        when {{ event }}.told_unit is null then 'untold'
        when {{ event }}.told_unit = {{ dossier }}.receiving_unit or {{ event }}.told_unit = {{ dossier }}.resolving_unit then 'agrees'
        else 'differs'
    end
{%- endmacro %}

{#
  How the moment of the work lies to that of the dossier which goes with it: reception, end, return. within: one holds the other; near: minutes from it; day:
  the same day; days: the next (a scan up to three days later); unknown: there is nothing to compare, and nothing against it; off; before: the dossier was not there.
  A guide, and a return whose moment the shop does not tell, are possible for 30 days.
#}
{% macro postal_time_fit(event, dossier) -%}
    {%- set began, ended = event ~ '.began_at', 'coalesce(' ~ event ~ '.ended_at, ' ~ event ~ '.began_at)' -%}
    {%- set day = 'cast(' ~ event ~ '.began_at as date)' -%}
    {%- set received = dossier ~ '.received_at' -%}
    {%- set filed = 'coalesce(' ~ dossier ~ '.submitted_at, ' ~ received ~ ')' -%}
    {%- set scans = {'digitize_components': received, 'digitize_result': dossier ~ '.ended_at'} -%}
    {%- set moments = {'receive': received, 'return': dossier ~ '.returned_at'} -%}
    case
        when {{ event }}.work <> 'receive' and {{ day }} < cast({{ filed }} as date) then 'before'
        {%- for work, moment in moments.items() %}
        when {{ event }}.work = '{{ work }}' and {{ moment }} is not null then case
            when {{ moment }} between {{ began }} and {{ ended }} then 'within'
            when {{ moment }} between {{ began }} - interval '10 minutes' and {{ ended }} + interval '15 minutes' then 'near'
            when cast({{ moment }} as date) = {{ day }} then 'day'
            when {{ day }} - cast({{ moment }} as date) between -1 and 1 then 'days'
            when {{ day }} < cast({{ filed }} as date) then 'before'
            else 'off' end
        {%- endfor %}
        {%- for work, moment in scans.items() %}
        when {{ event }}.work = '{{ work }}' and {{ moment }} is not null then case
            when {{ began }} between {{ moment }} and {{ moment }} + interval '45 minutes' then 'within'
            when {{ began }} between {{ moment }} - interval '10 minutes' and {{ moment }} + interval '150 minutes' then 'near'
            when cast({{ moment }} as date) = {{ day }} then 'day'
            when {{ day }} - cast({{ moment }} as date) between 1 and 3 then 'days'
            else 'off' end
        {%- endfor %}
        when {{ event }}.work = 'return' and {{ day }} - cast({{ dossier }}.ended_at as date) between 0 and 30 then 'unknown'
        when {{ event }}.work = 'guide' and {{ day }} - cast({{ filed }} as date) between 0 and 30 then 'unknown'
        when {{ event }}.work in ('receive', 'digitize_components') then 'unknown'
        else 'off'
    end
{%- endmacro %}

{# The shop's moment that goes with a piece of work: reception, end, return. #}
{% macro postal_moment(work, dossier) -%}
    case {{ work }}
        when 'receive' then {{ dossier }}.received_at when 'return' then {{ dossier }}.returned_at
        when 'digitize_components' then {{ dossier }}.received_at when 'digitize_result' then {{ dossier }}.ended_at
    end
{%- endmacro %}

{# Whether neither desk nor moment says anything against the code that was typed. Papers are scanned soon after reception: an hour later they may be another dossier's. #}
{% macro postal_fits(work, time_fit, unit_fit) -%}
    ({{ time_fit }} in ('within', 'unknown') or ({{ time_fit }} = 'near' and {{ work }} <> 'digitize_components')) and {{ unit_fit }} <> 'differs'
{%- endmacro %}

{#
  edits: null for an exact code; 0 for look-alikes (I for 1, B for 8, S for 5, Z for 2). is_claimed: another piece of that work fits the dossier and has its
  code. is_served: the post did other work for the dossier.
#}
{% macro postal_points(work, time_fit, unit_fit, edits, is_claimed, is_served) -%}
    100
    - case when {{ edits }} is null then 0 when {{ edits }} = 0 then 12 when {{ edits }} = 1 then 35 else 55 end
    - case {{ unit_fit }} when 'agrees' then 0 when 'untold' then 5 else 22 end
    - case {{ time_fit }}
        when 'within' then 0 when 'near' then 8 when 'unknown' then 20 when 'before' then 60
        when 'day' then case when {{ work }} in ('receive', 'return') then 28 else 26 end
        when 'days' then case when {{ work }} in ('receive', 'return') then 34 else 32 end
        else case when {{ work }} in ('receive', 'return') then 50 else 40 end
    end
    - case when {{ is_claimed }} then 30 else 0 end
    - case when {{ edits }} is null or {{ is_served }} then 0 else 12 end
{%- endmacro %}

{# The fewest points of a code that is taken as typed, and how far the next best must be below it. #}
{% macro postal_exact_points() -%}45{%- endmacro %}
{% macro postal_exact_margin() -%}30{%- endmacro %}
{# The same for a dossier whose code is only like the one that was typed, when that is nobody's, and when it is another dossier's. #}
{% macro postal_near_points() -%}30{%- endmacro %}
{% macro postal_near_margin() -%}15{%- endmacro %}
{% macro postal_other_margin() -%}22{%- endmacro %}

{# Pieces that count for a dossier. #}
{% macro is_matched(match) -%}({{ match }} in ('exact', 'approximate')){%- endmacro %}
