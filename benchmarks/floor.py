"""The floor: the same files to the same values as the nightly job, as one DuckDB script written by hand, with nothing around it.

    python -m benchmarks.floor PROJECT WORK [--threads N] [--memory 2GB]

PROJECT is a folder that `benchmarks.data` made; QN_SEAL_KEY is the key of the seals. Lands the CSV files as Parquet with identifiers
sealed and names dropped, checks every rule, keeps each dossier's newest version, counts day x unit x channel cells and spreads them to
`indicator_values`. Leaves WORK/floor.duckdb with the tables fct_dossier, indicator_values and quarantine. It follows the definitions
(contracts, the dbt models' descriptions) and imports nothing of qn_pipeline.

What it leaves out on purpose: history (it keeps the newest version, not the earlier ones), other ways to deliver than `changes`,
corrections of a file, files with lines that cannot be parsed (it stops), what the made data cannot hold (characters NUL, deadlines without
a time of day, years before 1900), and reading qn.yaml: the mapping is in the SQL below.
"""

import argparse
import hashlib
import os
import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

PROVINCE = "000.00.00.H47"
DATABASE = "floor.duckdb"
HEADER = (
    "Mã hồ sơ", "Mã TTHC", "Bộ phận tiếp nhận", "Đơn vị giải quyết", "Kênh", "Trạng thái", "Ngày nộp", "Ngày tiếp nhận", "Ngày hẹn trả", "Ngày kết thúc",
    "Ngày trả", "Mức độ", "Số hóa", "Tái sử dụng", "KQ điện tử", "Lệ phí", "Thanh toán", "Đánh giá", "Đối tượng", "Số định danh", "Họ và tên", "Cập nhật",
)  # fmt: skip
CODE = r"([0-9]{3}\.[0-9]{2}\.[0-9]{2}\.[A-Z][0-9]{2}|[A-Z][0-9]{2}(\.[0-9]{2}){0,3})-[0-9]{6}-[0-9]+(-[0-9]{6}-[0-9]{5})?"
COLUMNS = {
    "code": "Mã hồ sơ",
    "procedure": "Mã TTHC",
    "receiving_unit": "Bộ phận tiếp nhận",
    "resolving_unit": "Đơn vị giải quyết",
    "channel": "Kênh",
    "status": "Trạng thái",
    "submitted_at": "Ngày nộp",
    "received_at": "Ngày tiếp nhận",
    "due_at": "Ngày hẹn trả",
    "ended_at": "Ngày kết thúc",
    "returned_at": "Ngày trả",
    "online_level": "Mức độ",
    "components_digitized": "Số hóa",
    "components_reused": "Tái sử dụng",
    "result_digitized": "KQ điện tử",
    "fee": "Lệ phí",
    "online_payment": "Thanh toán",
    "satisfaction": "Đánh giá",
    "applicant_kind": "Đối tượng",
    "applicant_id": "Số định danh",
    "updated_at": "Cập nhật",
}
CODES = {
    "channel": {"Trực tiếp": "direct", "Trực tuyến": "online", "Bưu điện": "post"},
    "online_level": {"Không": "none", "Một phần": "partial", "Toàn trình": "full"},
    "online_payment": {"0": "none", "1": "national", "2": "local"},
    "satisfaction": {"Rất hài lòng": "very_good", "Hài lòng": "good", "Không hài lòng": "bad"},
    "applicant_kind": {"CN": "citizen", "DN": "enterprise", "CQ": "agency"},
}
TIMES = [name for name in COLUMNS if name.endswith("_at")]
BOOLEANS = ["components_digitized", "components_reused", "result_digitized"]
# What makes a new version when it changes: all but the key and the source's stamp.
CONTENT = [name for name in COLUMNS if name not in ("code", "updated_at")]

# Name: column, what breaks it over typed columns (raw_x is the cleaned text of x), whether the row stays in the figures.
RULES: dict[str, tuple[str, str, bool]] = {
    "code_missing": ("code", "code is null", False),
    "procedure_missing": ("procedure", "procedure is null", False),
    "resolving_unit_missing": ("resolving_unit", "resolving_unit is null", False),
    "channel_missing": ("channel", "raw_channel is null", False),
    "status_missing": ("status", "raw_status is null", False),
    **{f"{name}_unknown_code": (name, f"raw_{name} is not null and {name} is null", False) for name in [*CODES, "status"]},
    **{f"{name}_unreadable": (name, f"raw_{name} is not null and {name} is null", False) for name in [*TIMES, *BOOLEANS, "fee"]},
    "code_format": ("code", f"not regexp_full_match(code, '{CODE}')", False),
    "code_date_differs": (
        "code",
        "split_part(code, '-', 2) <> strftime(received_at, '%y%m%d') and regexp_matches(code, '^[^-]*-[0-9]{6}-')",
        True,
    ),
    "received_at_needed": ("received_at", "raw_received_at is null and status not in (1, 3)", False),
    "ended_at_needed": ("ended_at", "raw_ended_at is null and status in (7, 8, 9, 10)", False),
    "ended_at_while_running": ("ended_at", "ended_at is not null and status in (1, 2, 4, 5, 6)", True),
    "ended_before_received": ("ended_at", "ended_at < received_at", False),
    "due_before_received": ("due_at", "due_at < received_at", False),
    "returned_before_ended": ("returned_at", "returned_at < ended_at", True),
    "submitted_after_received": ("submitted_at", "submitted_at > received_at", True),
    **{f"{name}_in_future": (name, f"{name} >= day + 1", False) for name in ("received_at", "ended_at", "returned_at")},
    **{f"{name}_out_of_range": (name, f"{name} < date '2000-01-01'", False) for name in ("submitted_at", "received_at")},
    "due_at_out_of_range": ("due_at", "due_at < date '2000-01-01' or due_at >= date '2100-01-01'", False),
    "fee_out_of_range": ("fee", "fee < 0 or fee > 1000000000000", False),
    "fee_unusual": ("fee", "fee between 1000000001 and 1000000000000", True),
    "submitted_in_future": ("submitted_at", "submitted_at >= day + 1 and received_at is null", True),
    "returned_at_while_running": ("returned_at", "returned_at is not null and status in (1, 2, 4, 5, 6)", True),
    "returned_at_needed": ("returned_at", "raw_returned_at is null and status = 10", True),
    "received_at_while_new": ("received_at", "received_at is not null and status = 1", True),
    "due_too_far": ("due_at", "due_at > received_at + interval 10 year", False),
    "updated_in_future": ("updated_at", "updated_at >= day + 2", False),
    "online_level_of_channel": ("online_level", "channel = 'online' and online_level = 'none'", True),
    "paid_without_fee": ("fee", "online_payment in ('national', 'local') and (raw_fee is null or fee = 0)", True),
    "version_doubled": ("code", "false", True),
}
STOPPING = sum(1 << bit for bit, (_, _, stays) in enumerate(RULES.values()) if not stays)
FLOWS = ("received", "settled", "settled_early", "settled_on_time", "settled_late", "settled_without_due")
# Indicator: numerator and denominator.
INDICATORS = {
    "dossiers_received": ("received", None),
    "dossiers_settled": ("settled", None),
    "dossiers_settled_early": ("settled_early", None),
    "dossiers_settled_on_time": ("settled_on_time", None),
    "dossiers_settled_late": ("settled_late", None),
    "dossiers_settled_without_due": ("settled_without_due", None),
    "on_time_share": ("settled_early + settled_on_time", "settled"),
}


@dataclass(frozen=True)
class Floor:
    """A connection, and where to read and write."""

    con: duckdb.DuckDBPyConnection
    project: Path
    work: Path

    def run(self, sql: str) -> None:
        self.con.execute(sql)


# The agency from large to small with all its levels, the running number without leading zeros: codes that kept the rule have this form.
DOSSIER = """(
    with part as (select string_split(split_part(c.code, '-', 1), '.') as levels)
    select array_to_string(case when length(levels[1]) = 3 then list_reverse(levels) else levels || list_value('00', '00', '000')[len(levels):] end, '.')
        || '-' || split_part(c.code, '-', 2) || '-' || split_part(c.code, '-', 3)::bigint
    from part)"""


def land(floor: Floor) -> None:
    """CSV to one Parquet file, in the order of the files' days: a row's place in it orders versions as files and lines do."""
    _prepare_seal(floor)
    files = sorted((floor.project / "data" / "dossiers").glob("ho_so_*.csv"))
    kept = ", ".join(f"{_sealed() if name == 'applicant_id' else _quoted(source)} as raw_{name}" for name, source in COLUMNS.items())
    types = ", ".join(f"{_text(name)}: 'VARCHAR'" for name in HEADER)
    floor.run(
        f"""copy (select filename as file, {kept}
                  from read_csv([{", ".join(_text(file) for file in files)}], columns = {{{types}}}, header = true, auto_detect = false, filename = true))
            to '{floor.work}/landed.parquet';
            create temp table file as
            select file, {_text("data/dossiers/")} || parse_filename(file) as name, strptime(parse_filename(file)[7:14], '%Y%m%d')::date as day, min(file_row_number) as first_place
            from read_parquet('{floor.work}/landed.parquet', file_row_number = true) group by file;
            create temp table unit_row as from read_csv({_text(floor.project / "data" / "reference" / "don_vi.csv")}, all_varchar = true, header = true);
            copy (from read_csv({_text(floor.project / "data" / "reference" / "thu_tuc.csv")}, all_varchar = true, header = true)) to '{floor.work}/procedures.parquet'"""
    )


def validate(floor: Floor) -> None:
    """Typed rows with a bit a broken rule; those that broke one, told rule by rule."""
    clean = ", ".join(
        "raw_applicant_id" if name == "applicant_id" else f"nullif(trim(nfc_normalize(raw_{name})), '') as raw_{name}" for name in COLUMNS
    )
    typed = ", ".join(f"{_typed(name)} as {name}" for name in COLUMNS)
    bits = " | ".join(f"case when {broken} then {1 << bit} else 0 end" for bit, (_, broken, _) in enumerate(RULES.values()))
    floor.run(
        f"""copy (
                with text as (select file_row_number as place, file, {clean} from read_parquet('{floor.work}/landed.parquet', file_row_number = true)),
                typed as (select place, file.name as file, file.day, place - file.first_place + 2 as line, text.* exclude (place, file), {typed} from text join file using (file))
                select place, file, day, line, {", ".join(COLUMNS)}, {bits} as broken from typed)
            to '{floor.work}/checked.parquet';
            create table quarantine as
            select c.file, c.line as row_no, c.day, c.place, c.code as row_key, c.updated_at as version_at, r.rule, r.column_name, case when r.stays then 'warn' else 'quarantine' end as severity
            from '{floor.work}/checked.parquet' as c
            join (values {", ".join(f"({bit}, '{rule}', '{column}', {stays})" for bit, (rule, (column, _, stays)) in enumerate(RULES.items()))}) as r(bit, rule, column_name, stays)
              on (c.broken >> r.bit) & 1 = 1
            where c.broken <> 0"""
    )


def newest(floor: Floor) -> None:
    """Each dossier's newest content, from the row that first told it; a later bad row makes it stale."""
    floor.run(
        f"""create temp table told as
            select code, place, day, updated_at, hash({", ".join(CONTENT)}) as content from '{floor.work}/checked.parquet' where broken & {STOPPING} = 0;
            -- Only what was told more than once has an order.
            create temp table retold as select code from told group by code having count(*) > 1;
            create temp table standing as
            with change as (
                select code, place, day, updated_at, content is distinct from lag(content) over life as is_new, row_number() over life as position
                from told semi join retold using (code) window life as (partition by code order by updated_at nulls first, place)
            )
            select code, count(*) filter (is_new) as version_no, arg_max(place, position) filter (is_new) as place,
                   arg_max(updated_at, position) as last_told_at, arg_max(place, position) as last_place, min(day) as first_day
            from change group by code
            union all
            select code, 1, place, updated_at, place, day from told anti join retold using (code);
            drop table told;
            create table fct_dossier as
            with stale as (
                select distinct q.row_key as code from quarantine as q join standing as s on s.code = q.row_key
                where q.severity = 'quarantine' and (q.version_at > s.last_told_at or (coalesce(q.version_at = s.last_told_at, true) and q.place > s.last_place))
            )
            select 'one_stop_shop' as system, c.code, {DOSSIER} as dossier, true as is_counted, s.version_no, c.file,
                   case when c.status = 1 then 'new' when c.status = 3 then 'refused' when c.status in (5, 6) then 'paused' when c.status = 7 then 'withdrawn'
                        when c.status = 8 then 'stopped' when c.status in (9, 10) then 'settled' else 'running' end as state,
                   c.code in (select code from stale) as is_stale,
                   coalesce(coalesce(c.submitted_at, c.received_at)::date < s.first_day, false) as earlier_versions_unknown, {", ".join(f"c.{name}" for name in CONTENT)}
            from '{floor.work}/checked.parquet' as c join standing as s using (place);
            drop table standing"""
    )


def cells(floor: Floor) -> None:
    """What each day adds, by unit and channel: on the day of reception, and on the day that processing ends."""
    floor.run(
        f"""create temp table run as select max(day) + 1 as as_of from file;
            create temp table cell as
            with counted as (
                select resolving_unit as unit, channel, received_at, ended_at, state, as_of,
                       case when state <> 'settled' then null when due_at is null then 'without_due' when ended_at > due_at then 'late'
                            when ended_at::date < due_at::date then 'early' else 'on_time' end as verdict
                from fct_dossier, run where state <> 'new' and received_at < as_of
            ),
            event as (
                select received_at::date as day, unit, channel, count(*) as received, 0 as settled, 0 as settled_early, 0 as settled_on_time, 0 as settled_late, 0 as settled_without_due, count(*) as running_delta
                from counted group by all
                union all
                select ended_at::date, unit, channel, 0, count(*) filter (state = 'settled'), count(*) filter (verdict = 'early'), count(*) filter (verdict = 'on_time'), count(*) filter (verdict = 'late'),
                       count(*) filter (verdict = 'without_due'), -count(*)
                from counted where state in ('settled', 'withdrawn', 'stopped') and ended_at < as_of group by all
            )
            select day, unit, channel, {_sums(*FLOWS, "running_delta")} from event group by all"""
    )


def values(floor: Floor) -> None:
    """Cells of every unit and those above it, by day, month and year, one row an indicator."""
    measures = ", ".join(FLOWS)
    floor.run(
        f"""create temp table unit as
            with declared as (
                select "Mã đơn vị" as code, nullif("Mã cấp trên", '') as parent from unit_row where "Mã đơn vị" <> '{PROVINCE}'
            ),
            named as (select distinct resolving_unit as code from fct_dossier where resolving_unit not in (select code from declared) and resolving_unit <> '{PROVINCE}')
            select '{PROVINCE}' as code, null as parent
            union all select code, case when parent in (select code from declared) then parent else '{PROVINCE}' end from declared
            union all select code, '{PROVINCE}' from named;
            create temp table ancestor as
            with recursive chain as (
                select code as unit, code as ancestor, parent from unit
                union all
                select c.unit, u.code, u.parent from chain as c join unit as u on u.code = c.parent
            )
            select unit, ancestor from chain;
            create temp table day_cell as
            select day, a.ancestor as unit, coalesce(channel, 'all') as channel, {_sums(*FLOWS, "running_delta")}
            from cell as c join ancestor as a on a.unit = c.unit group by grouping sets ((day, a.ancestor, channel), (day, a.ancestor));
            create table indicator_values as
            with span as (select unit, channel, min(day) as first_day from day_cell group by all),
            grain as (select unnest(['month', 'quarter', 'year']) as grain),
            period as (
                select 'day' as grain, day, unit, channel, {measures}, running_delta from day_cell
                union all
                select grain, day, unit, channel, {_sums(*FLOWS, "running_delta")}
                from (
                    select grain, date_trunc(grain, day)::date as day, unit, channel, {measures}, running_delta from day_cell, grain
                    union all
                    select grain, t.day::date, unit, channel, {", ".join("0" for _ in FLOWS)}, 0
                    from span, grain, run, unnest(generate_series(date_trunc(grain, first_day)::timestamp, as_of - interval 1 microsecond, ('1 ' || grain)::interval)) as t(day)
                ) group by all
            ),
            stocked as (
                select *, sum(running_delta) over (partition by grain, unit, channel order by day rows unbounded preceding)::bigint as running from period
            ),
            counted as (
                select grain, day, unit, channel, unnest([{_structs()}], recursive := true) from stocked
            )
            select indicator, 'calendar' as period_set, grain, day as period_start, unit, channel, numerator, denominator,
                   case when indicator not in ({", ".join(_text(name) for name, (_, bottom) in INDICATORS.items() if bottom)}) then numerator::decimal(20, 2)
                        when denominator > 0 then ((numerator * 20000 + denominator) // (2 * denominator))::decimal(18, 0) * 0.01::decimal(3, 2) end as value,
                   as_of::timestamp as as_of
            from counted, run"""
    )


STEPS: dict[str, Callable[[Floor], None]] = {"land": land, "validate": validate, "newest": newest, "cells": cells, "values": values}


def _structs() -> str:
    return ", ".join(
        f"{{indicator: '{name}', numerator: {top}, denominator: {bottom or 'null::bigint'}}}" for name, (top, bottom) in INDICATORS.items()
    )


def _prepare_seal(floor: Floor) -> None:
    """The blocks of HMAC-SHA256 (RFC 2104) as variables, so that the key is in no SQL."""
    secret = os.environ.get("QN_SEAL_KEY", "").encode()
    if not secret:
        raise SystemExit("QN_SEAL_KEY is not set: the key of the seals.")
    block = (secret if len(secret) <= 64 else hashlib.sha256(secret).digest()).ljust(64, b"\0")
    floor.con.execute("set variable inner_pad = ?", [bytes(byte ^ 0x36 for byte in block)])
    floor.con.execute("set variable outer_pad = ?", [bytes(byte ^ 0x5C for byte in block)])


def _sealed() -> str:
    """HMAC-SHA256 of the identifier without spaces, dots and hyphens, in capitals; its first 128 bits in hexadecimal."""
    plain = rf"nullif(upper(regexp_replace(nfc_normalize({_quoted(COLUMNS['applicant_id'])}), '[\s.\-]', '', 'g')), '')"
    return f"left(sha256(getvariable('outer_pad') || unhex(sha256(getvariable('inner_pad') || encode({plain})))), 32)"


def _typed(name: str) -> str:
    raw = f"raw_{name}"
    if name in TIMES:
        return f"try_strptime({raw}, '%d/%m/%Y %H:%M:%S')"
    if name in BOOLEANS:
        return f"case {raw} when '1' then true when '0' then false when 'true' then true when 'false' then false end"
    if name == "status":
        return f"case when {raw} in ({', '.join(_text(str(code)) for code in range(1, 11))}) then {raw}::bigint end"
    if name == "fee":
        return f"case when regexp_full_match({raw}, '[+-]?[0-9]{{1,18}}') then {raw}::bigint end"
    if name in CODES:
        known = (
            CODES[name] | {code: code for code in CODES[name].values()} | ({"agency": "agency", "other": "other"} if name == "applicant_kind" else {})
        )
        whens = " ".join(f"when {_text(source)} then {_text(code)}" for source, code in known.items())
        return f"case {f'coalesce({raw}, {_text(next(iter(known)))})' if name == 'online_level' else raw} {whens} end"
    return raw


def _sums(*names: str) -> str:
    """A sum of whole numbers is a HUGEINT; counts are BIGINT."""
    return ", ".join(f"sum({name})::bigint as {name}" for name in names)


def _text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def main() -> None:
    """Run all steps and print what each took."""
    parser = argparse.ArgumentParser(description="The same files to the same values, by hand.")
    parser.add_argument("project", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--memory", default="2GB", help="memory limit of DuckDB")
    arguments = parser.parse_args()
    shutil.rmtree(arguments.work, ignore_errors=True)
    arguments.work.mkdir(parents=True)
    began = time.perf_counter()
    config: dict[str, str | bool | int | float | list[str]] = {"threads": arguments.threads, "memory_limit": arguments.memory}
    with duckdb.connect(str(arguments.work / DATABASE), config=config) as con:
        floor = Floor(con, arguments.project, arguments.work)
        for name, step in STEPS.items():
            started, used = time.perf_counter(), time.process_time()
            step(floor)
            print(f"{name:9s} {time.perf_counter() - started:7.2f} s wall {time.process_time() - used:7.2f} s CPU")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"total     {time.perf_counter() - began:7.2f} s wall {time.process_time():7.2f} s CPU, {peak} MB at most")


if __name__ == "__main__":
    main()
