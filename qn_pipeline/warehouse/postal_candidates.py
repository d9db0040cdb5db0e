"""Which dossiers' codes are near to a code that a clerk of the post typed: within two edits, at the desk and about the day of the work.

Edit distance is what PostgreSQL has no function for, so the embedded engine finds the pairs, for both warehouses, from the valid rows. It finds more than
needed: of all versions of dossiers, and of what was corrected since. What a pair is worth, the models decide from what stands
(macros/postal_matching.sql, core/postal_choice), and they ask for the same desk and days again. Codes that lead to a dossier which nothing speaks against are not looked at.
"""

import hashlib
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
from jinja2 import Environment, StrictUndefined

from qn_pipeline.engine import literal, open_engine
from qn_pipeline.landing.extractions import written_aside
from qn_pipeline.settings import Settings
from qn_pipeline.validation.validate import ValidExtraction
from qn_pipeline.warehouse.dbt import PROJECT

FOLDER = "postal_candidates"
PAIRS = "pairs.parquet"
MACROS = ("spellings.sql", "postal_matching.sql")
# Raise it when the SQL below finds other pairs in the same rows.
METHOD = 1
MOST_EDITS = 2
# Days, from the day of the work, on which the dossier's moment may lie: what postal_time_fit takes for possible.
DAYS = {
    ("receive", "received_at"): (-1, 1),
    ("return", "returned_at"): (-1, 1),
    ("return", "ended_untold"): (-30, 0),
    ("digitize_components", "received_at"): (-3, 0),
    ("digitize_result", "ended_at"): (-3, 0),
    ("guide", "filed_at"): (-30, 0),
}
LOOK_ALIKES = "'ILBSZ', '11852'"
CODE = r"^([A-Z][0-9]{2})[.]([0-9]{2})[.]([0-9]{2})[.]([0-9]{2,3})-([0-9]{6})-([0-9]+)$"


def candidates_file(settings: Settings, results: Sequence[ValidExtraction]) -> Path:
    """The pairs for the valid rows of these results; those of before, when no row has changed."""
    chosen = [result for result in results if result.extraction.manifest.entity in ("dossiers", "postal_events")]
    marks = sorted(f"{result.extraction.manifest.id} {result.report.fingerprint}" for result in chosen)
    mark = hashlib.sha256("\n".join([str(METHOD), _macro_text(), *marks]).encode()).hexdigest()[:16]
    folder = settings.home / FOLDER / mark
    if not (folder / PAIRS).is_file():
        dossiers, events = ([r.rows for r in chosen if r.extraction.manifest.entity == entity] for entity in ("dossiers", "postal_events"))
        with open_engine(settings) as con, written_aside(settings, folder) as aside:
            find_candidates(con, dossiers, events, aside / PAIRS)
        for older in folder.parent.iterdir():
            if older != folder:
                shutil.rmtree(older, ignore_errors=True)
    return folder / PAIRS


def find_candidates(con: duckdb.DuckDBPyConnection, dossiers: Sequence[Path], events: Sequence[Path], target: Path) -> None:
    """Write the pairs (typed: spelling of a code as it was typed; dossier_code; edits: 0 to 2) found in files of valid rows."""
    macros = Environment(undefined=StrictUndefined, autoescape=False).from_string(_macro_text()).module  # noqa: S701 -- makes SQL
    if not dossiers or not events:
        con.execute(f"copy (select '' as typed, '' as dossier_code, 0::bigint as edits where false) to {literal(target)} (format parquet)")
        return
    _read(con, macros, dossiers, events)
    _open_pieces(con, macros)
    _blocks(con)
    _distances(con)
    con.execute(f"copy (select typed, dossier_code, edits from near order by all) to {literal(target)} (format parquet)")
    con.execute("drop table piece; drop table typing; drop table code; drop table open_piece; drop table pair; drop table near")


def _macro_text() -> str:
    return "\n".join((PROJECT / "macros" / name).read_text(encoding="utf-8") for name in MACROS)


def _files(paths: Sequence[Path]) -> str:
    return f"read_parquet([{', '.join(literal(path) for path in paths)}])"


def _read(con: duckdb.DuckDBPyConnection, macros: Any, dossiers: Sequence[Path], events: Sequence[Path]) -> None:
    """version: rows of dossiers; code: their codes, once each; piece: the work for which a code was typed; typing: those codes, once each."""
    con.execute(f"""create or replace temp view version as
        select code, receiving_unit, resolving_unit, submitted_at, received_at, ended_at, returned_at from {_files(dossiers)}""")
    con.execute(f"""create temp table code as
        select row_number() over ()::integer as code_id, code, {macros.spelling_key("spelling")} as key, is_returned
        from (select code, {macros.spelling("code")} as spelling, bool_or(returned_at is not null) as is_returned from version group by code)""")
    con.execute(f"""create temp table typing as
        select row_number() over ()::integer as typed_id, typed, {macros.spelling_key("typed")} as key
        from (select distinct {macros.spelling("dossier_as_typed")} as typed from {_files(events)} where dossier_as_typed is not null)""")
    con.execute(f"""create temp table piece as
        with told as (
            select distinct {macros.postal_work_of("e")} as work, e.office, e.unit as told_unit, e.began_at, e.ended_at, {macros.spelling("e.dossier_as_typed")} as typed
            from {_files(events)} as e where e.dossier_as_typed is not null
        )
        select row_number() over ()::integer as id, p.* exclude (typed), t.typed_id, t.key from told as p inner join typing as t on t.typed = p.typed""")


def _open_pieces(con: duckdb.DuckDBPyConnection, macros: Any) -> None:
    """open_piece: work whose code leads to no dossier, to several, or to one that something speaks against, at each unit where it may have been done."""
    fits = macros.postal_fits("work", "time_fit", "unit_fit")
    con.execute(f"""create temp table open_piece as
        with hit as (
            select p.id, p.work, p.office, v.code, v.receiving_unit, v.resolving_unit,
                {macros.postal_time_fit("p", "v")} as time_fit, {macros.postal_unit_fit("p", "v")} as unit_fit,
                case p.work when 'return' then coalesce(v.returned_at, v.ended_at) when 'digitize_result' then v.ended_at else v.received_at end is not null as has_moment
            from piece as p inner join code as c on c.key = p.key inner join version as v on v.code = c.code
        ),
        -- A version from before the dossier's end says nothing of what was done after it.
        fitting as (
            select id, work, min(code) as code from hit group by id, work
            having count(distinct code) = 1 and bool_or({fits}) and bool_and(({fits}) or not has_moment)
        ),
        -- Of several pieces of one work that fit a dossier, one may be another's.
        settled as (select id from fitting qualify count(*) over (partition by code, work) = 1),
        office_unit as (
            select distinct office, told_unit as unit from piece where told_unit is not null
            union
            select office, unnest([receiving_unit, resolving_unit]) from hit where time_fit in ('within', 'near')
        )
        select p.*, coalesce(p.told_unit, u.unit) as unit
        from piece as p left join office_unit as u on p.told_unit is null and u.office = p.office
        where p.id not in (select id from settled) and coalesce(p.told_unit, u.unit) is not null""")


def _blocks(con: duckdb.DuckDBPyConnection) -> None:
    """pair: codes as typed, each with the codes of all dossiers of the unit whose moment is about the day of the work."""
    values = ", ".join(f"('{work}', '{moment}', {first}, {last})" for (work, moment), (first, last) in DAYS.items())
    moments = sorted({moment for _, moment in DAYS})
    told = ", ".join(f"struct_pack(moment := '{name}', day := {name}::date)" for name in moments)
    con.execute(f"""create temp table pair as
        with asked as (
            select distinct p.typed_id, p.unit, b.moment, p.began_at::date + unnest(generate_series(b.first_day, b.last_day))::integer as day
            from open_piece as p inner join (values {values}) as b (work, moment, first_day, last_day) on b.work = p.work
        ),
        placed as (
            select c.code_id, v.received_at, v.ended_at, v.returned_at, coalesce(v.submitted_at, v.received_at) as filed_at,
                case when not c.is_returned then v.ended_at end as ended_untold, unnest(list_distinct([v.receiving_unit, v.resolving_unit])) as unit
            from version as v inner join code as c on c.code = v.code
        ),
        dated as (select code_id, unit, unnest([{told}], recursive := true) from placed)
        select distinct a.typed_id, d.code_id
        from asked as a inner join dated as d on d.unit = a.unit and d.moment = a.moment and d.day = a.day""")


def _distances(con: duckdb.DuckDBPyConnection) -> None:
    """near: pairs of which a few edits make one code of the other, the fewest over the ways in which a code is written; a swap of neighbours is one edit."""
    con.execute(f"create or replace temp macro even(text) as translate(replace(text, '.', ''), {LOOK_ALIKES})")
    con.execute("create or replace temp macro padded(number) as lpad(number, greatest(length(number), 4)::integer, '0')")
    # Edit distance is dear: it is asked where all but the end, or the end, is alike, or few digits differ, and of what is not alike at the beginning.
    con.execute("""create or replace temp macro worth(a, b) as
        abs(length(a) - length(b)) <= 2 and (
            left(a, least(length(a), length(b)) - 4) = left(b, least(length(a), length(b)) - 4) or right(a, 4) = right(b, 4)
            or (length(a) = length(b) and hamming(a, b) <= 3)
        )""")
    con.execute("""create or replace temp macro alike(a, b) as case
        when left(a, 15) = left(b, 15) then 15 when left(a, 10) = left(b, 10) then 10 when left(a, 3) = left(b, 3) then 3 else 0 end""")
    con.execute("""create or replace temp macro edits(a, b) as
        case when worth(a, b) then damerau_levenshtein(substr(a, alike(a, b) + 1), substr(b, alike(a, b) + 1)) else 9 end""")
    parts = f"regexp_extract(key, '{CODE}', ['province', 'one', 'two', 'three', 'day', 'number'])"
    con.execute(f"""create temp table near as
        with dossier as (
            select code_id, code, key, {parts} as part, regexp_matches(key, '{CODE}') as is_code from code where code_id in (select code_id from pair)
        ),
        agency as (
            select *, part.province || part.one || part.two || part.three as large, part.three || part.two || part.one || part.province as small, padded(part.number) as number
            from dossier
        ),
        written as (
            select code_id, code, key,
                even(case when is_code then large || part.day || number else key end) as from_large,
                even(case when is_code then small || part.day || number end) as from_small,
                even(case when is_code then regexp_replace(large, '(000|00000|0000000)$', '') || part.day || number end) as short,
                even(case when is_code then regexp_replace(large, '(000|00000|0000000)$', '') || part.day || part.number end) as shortest
            from agency
        ),
        told as (
            select typed_id, typed, key, even(typed) as plain, typed[1] between '0' and '9' as is_from_small,
                case when regexp_matches(key, '{CODE}') then even(part.province || part.one || part.two || part.three || part.day || padded(part.number)) end as read
            from (select *, {parts} as part from typing where typed_id in (select typed_id from pair))
        ),
        measured as (
            select t.typed, w.code as dossier_code,
                least(
                    edits(t.read, w.from_large),
                    case
                        when length(t.read) = length(t.plain) then 9  -- read from it, digit by digit
                        when t.is_from_small or w.from_small is null then edits(t.plain, coalesce(w.from_small, w.from_large))
                        else least(edits(t.plain, w.from_large), edits(t.plain, w.short), edits(t.plain, w.shortest))
                    end
                ) as edits
            from pair as p inner join told as t on t.typed_id = p.typed_id inner join written as w on w.code_id = p.code_id
            where t.key <> w.key
        )
        select * from measured where edits <= {MOST_EDITS}""")
