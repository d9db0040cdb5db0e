"""Matching the post's log to the dossiers: how often the right dossier is found, how often a wrong one, and what it costs.

    python -m benchmarks.matching [--dossiers 3000000] [--events 1000000] [--wrong 0.05] [--seed 2114] [--slips all] [--without-unit 0.05]

Makes dossiers of 280 units in two years, numbered by unit and day without gaps, so that a wrong digit often is another dossier's code; and the log of
the desks that the post works at: each piece lies about the shop's moment as clerks work, but 3 in 100 are logged later that day, 1 in 100 on the next, and
some name another desk, or none. Slips are those of qn_pipeline.simulator.spellings. Then the models decide (dbt: MODELS) in a process
of their own, whose wall and CPU seconds and peak memory are told. Versions of dossiers and of the log are there before; the time ends with core.fct_postal_event.

Which pieces code and evidence identify is found by brute force, without the matcher: of all dossiers of the desk (of all desks, where the log names none) whose moment
lies within the minutes that EVIDENCE names, the true one alone is within two edits of what was typed, and what was typed is, read as a number, no other dossier's code. With such
codes among them (recall_others_codes_too) evidence speaks against the code: those are to be candidates, and not matches, unless something decides. Exit status 1
when a bound of REACH is missed.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from qn_pipeline.simulator.spellings import SLIPS, Spelling, spell
from qn_pipeline.warehouse import dbt

WORK = Path(__file__).parent / "work" / "matching"
MODELS = (
    *("dossier_spelling", "postal_piece", "postal_exact", "postal_open", "postal_office", "postal_near", "postal_choice"),
    *("postal_again", "postal_decided", "fct_postal_event"),
)
RUN = ("run", "--full-refresh", "--project-dir", str(dbt.PROJECT), "--profiles-dir", str(dbt.PROJECT), "--select", *MODELS)
UNITS = 280
THREADS = 2
MEMORY = "2GB"
REACH = {"precision": 0.999, "precision_approximate": 0.999, "recall": 0.98}
LONGEST = 60.0
# Minutes before and after the piece of work in which the shop's moment is evidence, by work.
EVIDENCE = {"receive": (30, 30), "return": (30, 30), "digitize_components": (150, 10), "digitize_result": (150, 10)}
# Slips that a run takes, by the name of the mix.
MIXES: dict[str, tuple[Spelling, ...]] = {"all": SLIPS, **{slip: (slip,) for slip in SLIPS}}
WEIGHTS = {"digit": 8, "swapped": 4, "dropped": 4, "doubled": 3, "look_alike": 3, "two_digits": 2, "another": 3, "agency": 2, "date": 3}
SPELT = {"lower": 0.03, "spaces": 0.03, "separators": 0.03, "letter_o": 0.025, "other_order": 0.03}


@dataclass(frozen=True)
class Made:
    """What a run is made of."""

    dossiers: int = 3_000_000
    events: int = 1_000_000
    wrong: float = 0.05
    seed: int = 2114
    slips: str = "all"
    without_unit: float = 0.05
    days: int = 500


@dataclass(frozen=True)
class Cost:
    """Of a step in its own process: seconds, and the peak in MB."""

    wall: float
    cpu: float
    peak_mb: int


def make(made: Made, folder: Path) -> None:
    """The files of a province and its post's log: dossiers.parquet, events.parquet (both valid rows) and truth.parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect(config={"threads": os.cpu_count() or 1}) as con:
        con.execute(f"create macro chance(i, salt) as (hash(i, salt, {made.seed}) % 1000003) / 1000003.0")
        _make_dossiers(con, made)
        _make_pieces(con, made)
        _type_codes(con, made)
        con.execute(f"copy (select * exclude (day, number, size) from dossier order by received_at) to '{folder / 'dossiers.parquet'}'")
        told = "code, kind, office, unit, typed as dossier_as_typed, scanned, began_at, ended_at, 'done' as outcome"
        con.execute(f"copy (select {told} from piece join typing using (code) order by began_at) to '{folder / 'events.parquet'}'")
        truth = "code, work, dossier, typed, spelling, unit, began_at, ended_at, is_late, is_elsewhere"
        con.execute(f"copy (select {truth} from piece join typing using (code)) to '{folder / 'truth.parquet'}'")


def _make_dossiers(con: duckdb.DuckDBPyConnection, made: Made) -> None:
    con.execute(f"""create table unit as
        select i, printf('000.%02d.%02d.H47', i % 7, 1 + i // 7) as agency, 1 / (1.0 + chance(i, 'size') * 12) as size, chance(i, 'served') < 0.2 as is_served
        from range({UNITS}) as t(i)""")
    con.execute("create table unit_share as select *, size / sum(size) over () as share from unit")
    # A unit's dossiers of a day are numbered in the order in which they come.
    con.execute(f"""create table dossier as
        with place as (
            select i, u.agency, cast(floor(chance(i, 'day') * {made.days}) as integer) as day, 27000 + cast(chance(i, 'second') * 14400 as integer) as second
            from (select u.agency, unnest(range(cast(round(share * {made.dossiers}) as bigint))) * 1000 + u.i as i from unit_share as u) as u
        ),
        dated as (
            -- Five working days a week; mornings and afternoons.
            select i, agency, date '2022-01-03' + (day // 5 * 7 + day % 5) as day, second + case when chance(i, 'half') < 0.45 then 19800 else 0 end as second from place
        ),
        numbered as (select *, row_number() over (partition by agency, day order by second, i) as number from dated)
        select
            printf('%s-%s-%04d', agency, strftime(day, '%y%m%d'), number) as code, agency as receiving_unit, agency as resolving_unit,
            day + to_seconds(second) - to_hours(cast(chance(i, 'filed') * 3 as integer)) as submitted_at, day + to_seconds(second) as received_at,
            case when chance(i, 'runs') > 0.12 then day + to_seconds(second) + to_minutes(90 + cast(chance(i, 'work') * chance(i, 'more') * 20000 as integer)) end as ended_at,
            cast(null as timestamp) as returned_at, day, number, agency as size
        from numbered""")
    # What is done falls into the opening hours of a working day.
    con.execute("""create macro opened(m) as case
        when isodow(m) > 5 then date_trunc('day', m) + to_days(cast(8 - isodow(m) as integer)) + to_minutes(450 + cast(minute(m) * 8 as integer)) + to_seconds(second(m))
        when m::time < time '07:30' or m::time > time '17:00' then
            date_trunc('day', m) + to_days(case when m::time < time '07:30' then 0 when isodow(m) = 5 then 3 else 1 end) + to_minutes(450 + cast(minute(m) * 8 as integer)) + to_seconds(second(m))
        when m::time between time '11:30' and time '13:00' then m + interval '95 minutes' else m end""")
    con.execute("update dossier set ended_at = opened(ended_at)")
    con.execute("""update dossier set returned_at = opened(ended_at + to_minutes(20 + cast(chance(hash(code), 'return') * 4000 as integer)))
        where ended_at is not null and chance(hash(code), 'told') > 0.1""")


def _make_pieces(con: duckdb.DuckDBPyConnection, made: Made) -> None:
    """The desks that are served, and 7 of 10 of their dossiers, as many as there are events for."""
    con.execute(f"""create table piece as
        with handled as (
            select d.*, hash(d.code) as h from dossier as d join unit as u on u.agency = d.receiving_unit where u.is_served and chance(hash(d.code), 'handled') < 0.7
        ),
        job as (
            select h, code as dossier, receiving_unit as desk, 'receive' as kind, null as scanned,
                received_at - to_seconds(120 + cast(chance(h, 'a') * 600 as integer)) as began_at, 240 + chance(h, 'b') * 960 as seconds from handled where chance(h, 'receives') < 0.97
            union all
            select h, code, receiving_unit, 'digitize', 'components', received_at + to_seconds(120 + cast(chance(h, 'c') * 2280 as integer)), 60 + chance(h, 'd') * 600 from handled where chance(h, 'scans') < 0.6
            union all
            select h, code, receiving_unit, 'digitize', 'result', ended_at + to_seconds(180 + cast(chance(h, 'e') * 5220 as integer)), 60 + chance(h, 'f') * 300 from handled where ended_at is not null and chance(h, 'results') < 0.5
            union all
            -- Where the shop tells no moment of the return, there is one all the same.
            select h, code, receiving_unit, 'return', null, coalesce(returned_at, opened(ended_at + to_minutes(20 + cast(chance(h, 'g') * 4000 as integer)))) - to_seconds(60 + cast(chance(h, 'i') * 300 as integer)),
                60 + chance(h, 'j') * 420 from handled where ended_at is not null and chance(h, 'returns') < 0.9
        ),
        chosen as (
            select *, hash(h, kind, scanned) as p, kind || coalesce('_' || scanned, '') as work from job order by hash(h, {made.seed}), kind, scanned limit {made.events}
        ),
        late as (select *, chance(p, 'late') as late from chosen)
        select
            printf('%08d', row_number() over (order by p, dossier, work)) as code, work, kind, scanned, dossier, hash(desk) % 90 as office, late < 0.04 as is_late, chance(p, 'elsewhere') < 0.005 as is_elsewhere,
            case when chance(p, 'named') < {made.without_unit} then null when chance(p, 'elsewhere') < 0.005 then (select min(agency) from unit where is_served) else desk end as unit,
            case when late < 0.01 then opened(began_at + interval '1 day')
                when late < 0.04 then date_trunc('day', began_at) + to_seconds(57600 + cast(chance(p, 'later') * 3600 as integer)) else began_at end as began_at,
            cast(seconds as integer) as seconds
        from late""")
    con.execute("alter table piece add column ended_at timestamp")
    con.execute("update piece set ended_at = began_at + to_seconds(seconds), office = '5' || office")


def _type_codes(con: duckdb.DuckDBPyConnection, made: Made) -> None:
    """typing: what was typed for each piece, and how."""
    rng = random.Random(made.seed)  # noqa: S311 -- nothing secret: the same seed gives the same log
    slips = MIXES[made.slips]
    con.execute("create temp table aside (code varchar, typed varchar, spelling varchar)")
    rows = con.execute("""select p.code, p.dossier, last_value(d.number) over (partition by d.receiving_unit, d.day order by d.number rows between unbounded preceding and unbounded following)
        from piece as p join dossier as d on d.code = p.dossier order by p.code""").fetchall()
    typed = []
    for code, dossier, last in rows:
        draw = rng.random()
        if draw < made.wrong:
            [slip] = rng.choices(slips, [WEIGHTS[one] for one in slips])
            if slip == "another":
                # Another dossier of the desk and day, of the same length.
                number = rng.choice([one for one in range(1, last + 1) if one != int(dossier[-4:])] or [0])
                slip, text = ("another", f"{dossier[:-4]}{number:04}") if number else ("digit", spell(rng, dossier, "digit", frozenset()))
            else:
                text = spell(rng, dossier, slip, frozenset())
            typed.append((code, text, slip))
        elif draw < made.wrong + sum(SPELT.values()):
            [even] = rng.choices(list(SPELT), list(SPELT.values()))
            typed.append((code, spell(rng, dossier, even, frozenset()), even))  # type: ignore[arg-type]  # names of Even
    import pyarrow as pa

    held = pa.table({name: [row[place] for row in typed] for place, name in enumerate(("code", "typed", "spelling"))})  # noqa: F841 -- read by DuckDB
    con.execute("insert into aside select * from held")
    con.execute("""create table typing as
        select p.code, coalesce(a.typed, p.dossier) as typed, coalesce(a.spelling, 'exact') as spelling from piece as p left join aside as a on a.code = p.code""")


def warehouse_before(folder: Path, file: Path) -> None:
    """The tables that stand before the models which are measured."""
    file.unlink(missing_ok=True)
    with duckdb.connect(str(file)) as con:
        for schema in ("valid", "staging", "core"):
            con.execute(f"create schema {schema}")
        con.execute("create table valid.run as select timestamp '2024-12-31' as as_of, '000.00.00.H47' as province_code")
        con.execute("create view staging.stg_run as select * from valid.run")
        con.execute(f"""create table core.fct_dossier as
            select 'shop' as system, *, regexp_replace(code, '^(...)[.](..)[.](..)[.](...)-([0-9]+)-0*([0-9]+)$', '\\4.\\3.\\2.\\1-\\5-\\6') as dossier, true as is_counted
            from '{folder / "dossiers.parquet"}'""")
        con.execute(f"""create table core.postal_event_version as
            select 'post' as system, *, cast(null as varchar) as clerk_id, 1::bigint as pages, 1::bigint as files, true as signed, 1::bigint as known_from, null::bigint as known_to, false as is_deleted
            from '{folder / "events.parquet"}'""")


def measured(command: Sequence[str], variables: dict[str, str] | None = None) -> Cost:
    """Run a command. Raises SystemExit with what it said when it fails."""
    began = time.perf_counter()
    with (WORK / "said.log").open("w+") as said:
        process = subprocess.Popen(command, env=os.environ | (variables or {}), stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        if os.waitstatus_to_exitcode(status):
            said.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{said.read()[-3000:]}")
    return Cost(time.perf_counter() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024)


def decide(folder: Path, file: Path) -> Cost:
    """The models, in a process of their own."""
    return measured([str(dbt.EXECUTABLE), "--no-use-colors", *RUN], dbt_variables(folder, file))


def dbt_variables(folder: Path, file: Path) -> dict[str, str]:
    """What dbt reads of the environment."""
    return {
        "QN_DBT_TARGET": "duckdb",
        "QN_DBT_THREADS": str(THREADS),
        "QN_DBT_DUCKDB_PATH": str(file),
        "QN_DBT_MEMORY_LIMIT": MEMORY,
        "QN_DBT_SCRATCH": str(folder / "scratch"),
        "DBT_TARGET_PATH": str(folder / "dbt"),
        "DBT_LOG_PATH": str(folder / "dbt"),
    }


def judge(folder: Path, file: Path) -> dict[str, float]:
    """What came out against the truth."""
    with duckdb.connect(str(file), read_only=True) as con:
        con.execute(f"""create temp view judged as
            select t.*, f.match, f.dossier_code, f.edits, f.points from core.fct_postal_event as f join '{folder / "truth.parquet"}' as t on t.code = f.code""")
        slips = ", ".join(f"'{slip}'" for slip in SLIPS)
        _identified(con, folder, slips)
        matched = "match in ('exact', 'approximate')"
        row = con.execute(f"""select
            count(*) as events,
            count(*) filter (spelling in ({slips})) as mistyped,
            count(*) filter ({matched} and dossier_code = dossier) / count(*) filter ({matched}) as precision,
            count(*) filter (match = 'approximate' and dossier_code = dossier) / nullif(count(*) filter (match = 'approximate'), 0) as precision_approximate,
            count(*) filter (not i.is_others) as identified,
            count(*) filter (not i.is_others and {matched} and dossier_code = dossier) / nullif(count(*) filter (not i.is_others), 0) as recall,
            count(*) filter (i.code is not null and {matched} and dossier_code = dossier) / nullif(count(*) filter (i.code is not null), 0) as recall_others_codes_too,
            count(*) filter (spelling in ({slips}) and {matched} and dossier_code = dossier) / nullif(count(*) filter (spelling in ({slips})), 0) as recall_of_all_slips,
            count(*) filter (spelling not in ({slips}) and {matched} and dossier_code = dossier) / count(*) filter (spelling not in ({slips})) as recall_of_right_codes,
            count(*) filter (match = 'ambiguous') / count(*) as ambiguous,
            count(*) filter (match = 'ambiguous' and spelling in ({slips})) / nullif(count(*) filter (spelling in ({slips})), 0) as ambiguous_of_slips,
            count(*) filter (match = 'contradicted') / count(*) as contradicted,
            count(*) filter (match = 'unmatched') / count(*) as unmatched
            from judged left join identified as i using (code)""")
        names = [column[0] for column in row.description or []]
        return dict(zip(names, row.fetchone() or (), strict=True))


def _read_as(code: str) -> str:
    """SQL of a code with its number as a number: 001 is 1."""
    return f"regexp_replace({code}, '-0*([0-9]+)$', '-\\1')"


def _identified(con: duckdb.DuckDBPyConnection, folder: Path, slips: str) -> None:
    """identified: slips whose code and evidence name the true dossier and no other, by asking every dossier of the desk or, without a desk, of the province."""
    moments = {"receive": "received_at", "return": "returned_at", "digitize_components": "received_at", "digitize_result": "ended_at"}
    # All windows lie within a day, which makes the comparison of each with each affordable.
    windows = " union all ".join(
        f"""select t.code, t.typed, t.dossier, d.code as other
            from wrong as t join dossier as d on d.{moment}::date = t.began_at::date {"and d.receiving_unit = t.unit" if told else ""}
            and d.{moment} between t.began_at - interval '{EVIDENCE[work][0]} minutes' and t.ended_at + interval '{EVIDENCE[work][1]} minutes'
            where t.work = '{work}' and t.unit is {"not null" if told else "null"}"""
        for work, moment in moments.items()
        for told in (True, False)
    )
    con.execute(f"create temp table dossier as select code, receiving_unit, received_at, ended_at, returned_at from '{folder / 'dossiers.parquet'}'")
    con.execute(f"create temp table wrong as select * from judged where spelling in ({slips})")
    con.execute(f"""create temp table identified as
        select code, bool_or({_read_as("typed")} in (select {_read_as("code")} from dossier)) as is_others
        from ({windows}) where levenshtein(typed, other) <= 4 and damerau_levenshtein(translate(typed, 'IBSZ', '1852'), other) <= 2
        group by code having count(distinct other) = 1 and bool_and(other = dossier)""")


def run(made: Made, folder: Path) -> dict[str, float]:
    """All of it. Returns what was found and what it cost."""
    make(made, folder)
    file = folder / "warehouse.duckdb"
    warehouse_before(folder, file)
    decided = decide(folder, file)
    return judge(folder, file) | asdict(decided)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, kind in (("dossiers", int), ("events", int), ("wrong", float), ("seed", int)):
        parser.add_argument(f"--{name}", type=kind, default=getattr(Made, name))
    parser.add_argument("--slips", choices=MIXES, default="all")
    parser.add_argument("--without-unit", type=float, default=Made.without_unit)
    asked = parser.parse_args()
    made = Made(asked.dossiers, asked.events, asked.wrong, asked.seed, asked.slips, asked.without_unit)
    shutil.rmtree(WORK, ignore_errors=True)
    found = run(made, WORK)
    print(json.dumps(asdict(made) | found, indent=1))
    missed = [name for name, least in REACH.items() if (found[name] or 0) < least] + (["wall"] if found["wall"] > LONGEST else [])
    if missed:
        raise SystemExit(f"missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
