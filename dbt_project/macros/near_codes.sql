{#
  How far a code that was typed is from a dossier's: edits over the ways in which a code is written. Codes are compared as keys (macros/spellings.sql) and
  without separators; letters that look like digits count as those.
#}

{% macro even_code(text) -%}translate(replace({{ text }}, '.', ''), 'ILBSZ', '11852'){%- endmacro %}

{#
  CTEs that add to rows the ways in which a code is written: from_large, from the large agency to the small one, and from_small the other way round; short and shortest,
  with the levels that stand for none left out, the number filled up to four digits or not. A text that is no code of an agency has from_large alone: its spelling.
  `code` is a column of `rows`, a code as every system spells it (canonical_code) or a key (spelling_key). Parts are taken without regular expressions: it is done for
  each pair.
#}
{% macro written_codes(name, rows, code) -%}
{{ name }}_part as (
    select
        c.*, split_part(c.{{ code }}, '-', 1) as agency, split_part(c.{{ code }}, '-', 2) as code_date, split_part(c.{{ code }}, '-', 3) as code_number,
        length(split_part(c.{{ code }}, '-', 1)) in (12, 13) and length(split_part(c.{{ code }}, '-', 2)) = 6 and split_part(c.{{ code }}, '-', 3) <> '' as is_code
    from {{ rows }} as c
),

{{ name }}_agency as (
    select
        *, replace(agency, '.', '') as large,
        split_part(agency, '.', 4) || split_part(agency, '.', 3) || split_part(agency, '.', 2) || split_part(agency, '.', 1) as small,
        code_date || lpad(code_number, cast(greatest(length(code_number), 4) as integer), '0') as padded
    from {{ name }}_part
),

{{ name }}_short as (
    select
        *,
        case
            when right(large, 7) = '0000000' then left(large, -7) when right(large, 5) = '00000' then left(large, -5) when right(large, 3) = '000' then left(large, -3)
            else large
        end as short_agency
    from {{ name }}_agency
),

{{ name }} as (
    select
        *,
        {{ even_code('case when is_code then large || padded else ' ~ spelling(code) ~ ' end') }} as from_large,
        {{ even_code('case when is_code then small || padded end') }} as from_small,
        {{ even_code('case when is_code then short_agency || padded end') }} as short,
        {{ even_code('case when is_code then short_agency || code_date || code_number end') }} as shortest
    from {{ name }}_short
)
{%- endmacro %}

{# How many of four characters are in their places. #}
{% macro in_place(one, other) -%}
    ({% for place in range(1, 5) %}{{ ' + ' if not loop.first }}case when substr({{ one }}, {{ place }}, 1) = substr({{ other }}, {{ place }}, 1) then 1 else 0 end{% endfor %})
{%- endmacro %}

{# The last four digits of a number, which has at least four. #}
{% macro last_four(number) -%}right(lpad({{ number }}, cast(greatest(length({{ number }}), 4) as integer), '0'), 4){%- endmacro %}

{#
  Whether it is worth to compare a piece's code (spelling_key, agency_day, number and last_four beside each other) with a dossier's: two of the last four digits are in
  their places, or nothing else differs, or the numbers of one agency and day are not of one length. Where both are of one length, the ends of the codes stand for the digits: they are
  cheaper to take.
#}
{% macro alike_codes(piece, dossier) -%}
    case
        when {{ piece }}.number <> '' and length({{ dossier }}) = length({{ piece }}.spelling_key)
            then {{ in_place('right(' ~ dossier ~ ', 4)', 'right(' ~ piece ~ '.spelling_key, 4)') }} >= 2
                or left({{ dossier }}, -4) = left({{ piece }}.spelling_key, -4)
        else {{ in_place(last_four("split_part(" ~ dossier ~ ", '-', 3)"), piece ~ '.last_four') }} >= 2
            or left({{ dossier }}, length({{ piece }}.agency_day)) = {{ piece }}.agency_day
    end
{%- endmacro %}

{# Edits, or 9 for many. The distance is dear: it is asked where all but the end, or the end, is alike, or few digits differ, and of what is not alike at the beginning. #}
{% macro edits(one, other) -%}
    {%- set shorter = 'least(length(' ~ one ~ '), length(' ~ other ~ '))' -%}
    {%- set alike = 'case when left(' ~ one ~ ', 15) = left(' ~ other ~ ', 15) then 16 when left(' ~ one ~ ', 10) = left(' ~ other ~ ', 10) then 11 when left(' ~ one ~ ', 3) = left(' ~ other ~ ', 3) then 4 else 1 end' -%}
    case
        when abs(length({{ one }}) - length({{ other }})) <= 2 and (
            left({{ one }}, {{ shorter }} - 4) = left({{ other }}, {{ shorter }} - 4) or right({{ one }}, 4) = right({{ other }}, 4)
            or case when length({{ one }}) = length({{ other }}) then {{ differing_places(one, other) }} <= 3 else false end
        )
        then {{ edit_distance('substr(' ~ one ~ ', ' ~ alike ~ ')', 'substr(' ~ other ~ ', ' ~ alike ~ ')') }}
        else 9
    end
{%- endmacro %}

{# DuckDB knows both; PostgreSQL gets functions, in the schema of the model that asks. #}
{% macro differing_places(one, other) -%}{{ return(adapter.dispatch('differing_places')(one, other)) }}{%- endmacro %}
{% macro duckdb__differing_places(one, other) -%}hamming({{ one }}, {{ other }}){%- endmacro %}
{% macro default__differing_places(one, other) -%}{{ this.schema }}.differing_places({{ one }}, {{ other }}){%- endmacro %}
{% macro edit_distance(one, other) -%}{{ return(adapter.dispatch('edit_distance')(one, other)) }}{%- endmacro %}
{% macro duckdb__edit_distance(one, other) -%}damerau_levenshtein({{ one }}, {{ other }}){%- endmacro %}
{% macro default__edit_distance(one, other) -%}{{ this.schema }}.edit_distance({{ one }}, {{ other }}){%- endmacro %}

{# Places in which two texts of one length differ; and the edits (a character put in, left out or exchanged, two neighbours swapped) between two texts, after Damerau. #}
{% macro make_edit_distance() -%}{{ return(adapter.dispatch('make_edit_distance')()) }}{%- endmacro %}
{% macro duckdb__make_edit_distance() -%}{%- endmacro %}
{% macro default__make_edit_distance() -%}
create or replace function {{ this.schema }}.differing_places(one text, other text) returns integer language sql immutable strict parallel safe as $$
    select cast(count(*) as integer) from generate_series(1, length(one)) as place where substr(one, place, 1) <> substr(other, place, 1)
$$;
create or replace function {{ this.schema }}.edit_distance(one text, other text) returns integer language plpgsql immutable strict parallel safe as $$
declare
    m constant integer := length(one);
    n constant integer := length(other);
    width constant integer := n + 2;
    most constant integer := m + n;
    cost integer[] := array_fill(0, array[(m + 2) * (n + 2)]);
    -- The row in which a character was last seen in the one text, by character.
    seen jsonb := '{}';
    row_before integer;
    column_before integer;
    a text;
    b text;
    swap integer;
    best integer;
begin
    if m = 0 or n = 0 then
        return m + n;
    end if;
    cost[1] := most;
    for i in 0..m loop
        cost[(i + 1) * width + 1] := most;
        cost[(i + 1) * width + 2] := i;
    end loop;
    for j in 0..n loop
        cost[j + 2] := most;
        cost[width + j + 2] := j;
    end loop;
    for i in 1..m loop
        a := substr(one, i, 1);
        column_before := 0;
        for j in 1..n loop
            b := substr(other, j, 1);
            row_before := coalesce((seen ->> b)::integer, 0);
            swap := cost[row_before * width + column_before + 1] + (i - row_before - 1) + 1 + (j - column_before - 1);
            best := least(cost[i * width + j + 2] + 1, cost[(i + 1) * width + j + 1] + 1, swap);
            if a = b then
                best := least(best, cost[i * width + j + 1]);
                column_before := j;
            else
                best := least(best, cost[i * width + j + 1] + 1);
            end if;
            cost[(i + 1) * width + j + 2] := best;
        end loop;
        seen := seen || jsonb_build_object(a, i);
    end loop;
    return cost[(m + 1) * width + n + 2];
end
$$;
{%- endmacro %}

{# Post offices that work elsewhere than when near codes were looked for. #}
{% macro moved_offices() -%}
    select told.office
    from (
        select office, unit, 1 as side from {{ ref('postal_office') }}
        union all
        select office, unit, -1 from core.postal_office_asked
    ) as told
    group by told.office, told.unit having sum(told.side) <> 0
{%- endmacro %}
