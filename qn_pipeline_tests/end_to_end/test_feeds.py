"""The post, the money, the databases and the hotline, from files as offices deliver them to the marts: everything equals the simulators' truth."""

import itertools
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from qn_pipeline.indicators.tables import tracker_table
from qn_pipeline.publishing import bi
from qn_pipeline.simulator import budget_workbook, database_workbook, hotline, hotline_files, post, post_files
from qn_pipeline.simulator.budgets import PLAN, STATES, Line, budgets, sums
from qn_pipeline.simulator.databases import Database, Label, actual_progress, databases, planned_progress
from qn_pipeline.simulator.feeds import add_to_project
from qn_pipeline.simulator.files import end_of, project, write_night, write_reference
from qn_pipeline.simulator.ledger import with_those_above
from qn_pipeline.simulator.lives import Province, State
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import UNITS
from qn_pipeline.warehouse.exit_checks import count_violations
from qn_pipeline_tests.end_to_end.personal import ANCHOR, Search, texts_below
from qn_pipeline_tests.figures import opened
from qn_pipeline_tests.support import Pipeline, engine_environment

START, LAST = date(2022, 6, 1), date(2022, 9, 12)
DAYS = [START + timedelta(days=offset) for offset in range((LAST - START).days + 1)]
SEED = 2114
PROVINCE = "000.00.00.H47"
KINDS = {"inquiry": "inquiries", "complaint": "complaints", "proposal": "proposals"}
REPORTED = [date(2022, month, 1) for month in range(1, 9)]


@dataclass(frozen=True)
class World:
    """What is true, and the pipeline that has seen the files of it."""

    province: Province
    pieces: list[post.Piece]
    contacts: list[hotline.Contact]
    lines: list[Line]
    wrong: list[budget_workbook.WrongTotal]
    databases: list[Database]
    pipeline: Pipeline

    @cached_property
    def known(self) -> dict[int, State]:
        """The dossiers that the one-stop shop has told, by their number."""
        return {row.dossier.number: row.state for row in self.province.rows(end_of(LAST))}

    @cached_property
    def found(self) -> dict[post.Piece, int | None]:
        """Of each piece the number of the dossier that the pipeline takes it for."""
        numbers = {state.code: number for number, state in self.known.items()}
        told: dict[Any, int | None] = {}
        for office, kind, typed, began_at, code in self.pipeline.query(
            "select office, kind, dossier_as_typed, began_at, dossier_code from core.fct_postal_event"
        ):
            told[office, kind, typed or "", began_at] = numbers[code] if code else None
        return {piece: told[piece.office, piece.kind, piece.typed.strip(), piece.began_at] for piece in self.pieces}

    def is_found(self, piece: post.Piece) -> bool:
        return self.found[piece] is not None

    def read(self, sql: str) -> list[Any]:
        return self.pipeline.warehouse.read(sql)[1]


@pytest.fixture(scope="module")
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("feeds") / "p"
    folder.mkdir()
    province = simulate(500, 3, seed=SEED, start=START)
    project(folder, START)
    write_reference(folder)
    add_to_project(folder)
    pieces = [piece for piece in post.pieces(province, SEED) if piece.day <= LAST]
    contacts = hotline.contacts(province, SEED, a_day=8)
    lines, kept = budgets(SEED, [2021, 2022]), databases(SEED, 12)
    with engine_environment("duckdb", request):
        pipeline = Pipeline(folder)
        for day in DAYS:
            post_files.write_day(pieces, folder, day)
        wrong = []
        for month in [date(2021, 12, 1), *REPORTED]:
            wrong += budget_workbook.write_month(lines, folder, month.year, month.month)
        database_workbook.write_reports(kept, folder, START)
        for since, day in itertools.pairwise(DAYS[::20]):
            database_workbook.write_reports(kept, folder, day, since)
        for day in (START, date(2022, 8, 1), LAST):
            database_workbook.write_plan(kept, folder, day)
            hotline_files.write_snapshot(contacts, folder, day)
        write_night(province, folder, LAST)
        assert pipeline.land(*DAYS) == {}
        # A week later some of the post's files come again, corrected.
        for _, day, form in post_files.corrections(pieces, SEED):
            if any(piece.day == day and post_files.form_of(piece.office) == form for piece in pieces):
                _, pieces = post_files.write_correction(pieces, folder, day, form, SEED)
        assert pipeline.land(*DAYS) == {}
        pipeline.check()
        pipeline.load(LAST)
        pipeline.build("*")
        assert {rule: count for rule, count in count_violations(pipeline.warehouse).items() if count} == {}
        pipeline.warehouse.publish()
        yield World(province, pieces, contacts, lines, wrong, kept, pipeline)


def above(counts: dict[Any, int], unit_at: int) -> Counter[Any]:
    """Counts of units with those below them."""
    added: Counter[Any] = Counter()
    for key, count in counts.items():
        for unit in with_those_above(key[unit_at]):
            added[(*key[:unit_at], unit, *key[unit_at + 1 :])] += count
    return added


def test_nothing_of_the_feeds_is_in_quarantine(world: World) -> None:
    rows = world.read("select entity, rule, count(*) from marts.quarantine_row where severity = 'quarantine' group by entity, rule")
    assert [row for row in rows if row[0] != "dossiers"] == []


def test_what_the_door_warns_of_is_what_the_simulators_did(world: World) -> None:
    rows = world.pipeline.query(
        "select e.entity, q.rule, count(*) from valid.quarantine as q inner join valid.extractions as e on e.extraction_seq = q.extraction_seq group by 1, 2"
    )
    warned = {(entity, rule): count for entity, rule, count in rows if entity != "dossiers"}
    # A code was not typed, more was spent than allotted, sums are wrong: nothing else.
    assert set(warned) == {("postal_events", "dossier_missing"), ("budget_lines", "disbursed_over_allotted"), ("budget_lines", "total_differs")}
    assert {rule for entity, rule, _ in rows if entity == "dossiers"} <= {"code_date_differs"}


def test_rules_of_history_tell_of_reports_without_news_and_of_nothing_else(world: World) -> None:
    rows = world.pipeline.query(
        "select h.rule, r.database, r.month from core.history_violation as h "
        "left join core.database_report_version as r on r.code = h.row_key and r.known_to is null and not r.is_deleted"
    )
    told = {(rule, (code, month.replace(day=1))) for rule, code, month in rows}
    assert len(told) == len(rows)
    sent = [(made.code, report) for made in world.databases for report in made.reports if report.sent is not None and report.sent <= LAST]
    unchanged = {(code, report.month) for code, report in sent if Label.UNCHANGED in report.labels}
    fallen = {(code, report.month) for code, report in sent if Label.FALLS in report.labels}
    assert {key for rule, key in told if rule == "report_copied"} == unchanged
    assert len(unchanged) > 10
    assert {key for rule, key in told if rule != "report_copied"} <= fallen


def test_codes_as_typed_find_their_dossiers(world: World) -> None:
    """Never another one. Slips too far from any code, or as near to several, and what evidence contradicts stay without."""
    pieces = [piece for piece in world.pieces if piece.number in world.known and piece.typed]
    assert [piece for piece in pieces if world.found[piece] not in (piece.number, None)] == []
    assert [piece for piece in world.pieces if piece.number not in world.known and world.is_found(piece)] == []
    right, slips = [[world.is_found(piece) for piece in pieces if piece.resolvable == wanted] for wanted in (True, False)]
    assert sum(right) >= 0.98 * len(right)
    assert sum(slips) >= 0.75 * len(slips) > 5
    rows = world.pipeline.query("select count(*) filter (match = 'approximate'), count(*) filter (is_repeated) from core.fct_postal_event")
    assert rows[0][0] == sum(slips)
    assert rows[0][1] >= sum(piece.is_again and piece.outcome == "done" for piece in pieces)


def test_work_of_the_post(world: World) -> None:
    true = post.truth(world.pieces, LAST, world.known, world.is_found)
    days = above({key[:3]: 0 for key in true}, 2)
    for key, count in above(true, 2).items():
        days[key[:3]] += count
    names = {
        "post_guided": "guided",
        "post_received": "received",
        "post_digitized": "digitized",
        "post_returned": "returned",
        "post_failed": "failed",
    }
    names |= {"post_pages": "pages", "post_files": "files", "post_unmatched": "unmatched"}
    rows = world.read(
        f"select indicator, period_start, unit, numerator from marts.indicator_values where grain = 'day' and indicator in {tuple(names)}"
    )
    assert {(names[name], day, unit): count for name, day, unit, count in rows if count} == {
        key: count for key, count in days.items() if count and key[0] in names.values()
    }


def test_dossiers_through_the_post(world: World) -> None:
    true = post.truth(world.pieces, LAST, world.known, world.is_found)
    told = world.pipeline.query(
        "select count(*) filter (is_received), count(*) filter (has_components), count(*) filter (has_result) from core.postal_dossier"
    )
    names = ("received_by_post", "components_digitized_by_post", "results_digitized_by_post")
    assert told == [tuple(sum(count for key, count in true.items() if key[0] == name) for name in names)]
    assert min(told[0]) > 10


def test_dossiers_that_were_touched_in_a_month(world: World) -> None:
    touched: dict[Any, set[int]] = {}
    for piece in world.pieces:
        if piece.number in world.known and world.is_found(piece) and piece.outcome == "done":
            for unit in with_those_above(piece.unit):
                touched.setdefault((piece.day.replace(day=1), unit), set()).add(piece.number)
    rows = world.read("select month, unit, dossiers_touched from marts.postal_work where office = 'all'")
    assert {(month, unit): count for month, unit, count in rows if count} == {key: len(found) for key, found in touched.items()}


def test_dossiers_that_are_paid_for(world: World) -> None:
    """Districts pay for dossiers that were received: each once a month, whatever was logged twice, failed or could not be matched."""
    districts = {unit.code for unit in UNITS if unit.level == "district"}
    received: dict[Any, set[int | None]] = {}
    for piece in sorted(world.pieces, key=lambda piece: piece.began_at):
        number = world.found[piece]
        counts = piece.kind == "receive" and piece.outcome == "done" and number is not None and piece.unit in districts
        # Where it was received first; a second reception is not accepted.
        if counts and not any(number in others for others in received.values()):
            received.setdefault((piece.day.replace(day=1), piece.unit), set()).add(number)
    rows = world.read("select month, desk, quantity, amount from marts.postal_acceptance where kind = 'receive' and line is not null")
    assert {(month, desk): (quantity, amount) for month, desk, quantity, amount in rows} == {
        key: (len(numbers), 5_000 * len(numbers)) for key, numbers in received.items()
    }
    posts = world.read("select distinct amount, quantity from marts.postal_acceptance where per = 'post_month' and month = date '2022-08-01'")
    assert posts == [(7_500_000, 1)]


def test_feedback_of_1022(world: World) -> None:
    true: Counter[Any] = above(hotline.truth(world.contacts, [end_of(LAST)]), 2)
    rows = world.read(
        "select indicator, period_start, unit, numerator, denominator from marts.indicator_values where period_set = 'calendar' and grain = 'month'"
        " and indicator in ('inquiries_received', 'complaints_received', 'proposals_received', 'petitions_answered', 'petitions_answered_late')"
    )
    told = {(name, month, unit): count for name, month, unit, count, _ in rows if count}
    expected: Counter[Any] = Counter()
    for (measure, month, unit), count in true.items():
        name, _, kind = measure.rpartition("_")
        if name == "received" and kind in KINDS:
            expected[KINDS[kind] + "_received", month, unit] += count
        if name in ("answered", "answered_late") and kind in KINDS and kind != "inquiry":
            expected["petitions_" + name, month, unit] += count
    assert told == dict(expected)
    assert {name for name, _, _ in told} == {
        "inquiries_received",
        "complaints_received",
        "proposals_received",
        "petitions_answered",
        "petitions_answered_late",
    }


def test_rows_behind_figures_add_up_to_them(world: World) -> None:
    figures = opened(world.pipeline, 200, seed=8)
    assert {str(key[0]) for key in figures} >= {"post_pages", "post_unmatched", "petitions_open", "index_5_3", "dossiers_running"}
    assert {key: both for key, both in figures.items() if both[0] != both[1]} == {}


def test_open_feedback_at_the_last_instant(world: World) -> None:
    true: Counter[Any] = Counter()
    for (measure, _, unit), count in above(hotline.truth(world.contacts, [end_of(LAST)]), 2).items():
        name, _, kind = measure.rpartition("_")
        if name in ("open_within", "open_past") and kind in KINDS and kind != "inquiry":
            true[name, unit] += count
    rows = world.pipeline.query("select unit, sum(petitions_open_within), sum(petitions_open_past) from measures.feedback_cell group by unit")
    told = {(name, unit): int(count) for unit, within, past in rows for name, count in (("open_within", within), ("open_past", past)) if count}
    assert told == dict(true)
    listed = world.read("select count(*) from marts.feedback_worklist where urgency = 'overdue'")
    assert listed == [(sum(count for (name, unit), count in true.items() if name == "open_past" and unit == "000.00.00.H47"),)]


@pytest.mark.parametrize("month", [date(2021, 12, 1), *REPORTED], ids=str)
def test_budgets_to_the_dong(world: World, month: date) -> None:
    rows = world.read(
        f"select unit, kind, source, plan, {', '.join(STATES)} from marts.budget_execution where month_start = date '{month}' and scope = 'all'"
        " and kind <> 'all' and source <> 'all'"
    )
    for place, state in enumerate((PLAN, *STATES)):
        true = above({(key[0], *key[1:]): amount for key, amount in sums(world.lines, month.year, month.month, state).items()}, 0)
        assert {row[:3]: row[3 + place] for row in rows if row[3 + place]} == {key: amount for key, amount in true.items() if amount}, state


def test_digital_money_is_decided_by_the_rules(world: World) -> None:
    month = REPORTED[-1]
    true: Counter[Any] = Counter()
    for (unit, digital), amount in sums(world.lines, month.year, month.month, "disbursed", by=("unit", "digital")).items():
        if digital:
            for one in with_those_above(unit):
                true[one] += amount
    rows = world.read(
        f"select unit, disbursed from marts.budget_execution where month_start = date '{month}' and scope = 'digital' and kind = 'all' and source = 'all'"
    )
    assert {unit: amount for unit, amount in rows if amount} == {unit: amount for unit, amount in true.items() if amount}
    undecided = world.read("select count(*) from marts.budget_undecided where year = 2022")
    assert undecided[0][0] > 0


def test_totals_that_do_not_add_up_are_told_cell_by_cell(world: World) -> None:
    rows = world.read("select file, message from marts.quarantine_row where rule = 'total_differs'")
    assert len(rows) == len(world.wrong) > 0
    for found in world.wrong:
        name = budget_workbook.file_name
        assert any(found.cell in message and file.startswith("data/ngan_sach/") for file, message in rows), (found, name)


def test_progress_of_the_databases(world: World) -> None:
    columns, rows = tracker_table(world.pipeline.warehouse, date(2022, 8, 31))
    at = {name: place for place, name in enumerate(columns)}
    month = date(2022, 8, 1)
    for row in rows:
        one = next(found for found in world.databases if found.code == row[at["code"]])
        if one.plans[0].since <= date(2022, 8, 1) and len([plan for plan in one.plans if plan.since <= date(2022, 8, 31)]) == 1:
            assert float(row[at["planned_progress"]]) == planned_progress(one, month)
    assert len(rows) > 5
    assert actual_progress(world.databases[0], month) >= 0


def test_what_reports_contradict_is_told(world: World) -> None:
    """Of the newest report that had been sent: the labels of the simulator are the columns of the tracker."""
    checks = {
        Label.UNCHANGED: "report_copied",
        Label.FALLS: "progress_fell",
        Label.OPERATED_WITHOUT_RECORDS: "operated_without_records",
        Label.PROGRESS_WITHOUT_MONEY: "progress_without_money",
        Label.MONEY_WITHOUT_PROGRESS: "money_without_progress",
    }
    rows = world.read(f"select code, {', '.join(checks.values())} from marts.database_tracker")
    told = {code: {label for label, found in zip(checks, flags, strict=True) if found} for code, *flags in rows}
    newest = {one.code: [report for report in one.reports if report.sent and report.sent <= DAYS[::20][-1]] for one in world.databases}
    true = {code: set(reports[-1].labels) & set(checks) if reports else set() for code, reports in newest.items() if code in told}
    for code, labels in true.items():
        if not newest[code] or not newest[code][-1].records:
            labels.discard(Label.UNCHANGED)  # where nothing has begun, nothing need change
    assert told == true


# The schema bi: over all feeds, every view has rows.


def test_every_key_of_bi_is_in_its_dimension_and_says_one_row(world: World) -> None:
    for view in bi.VIEWS:
        [(rows, keys)] = world.read(
            f"select count(*), (select count(*) from (select distinct {', '.join(view.key)} from bi.{view.name}) as d) from bi.{view.name}"
        )
        assert 0 < rows == keys, view.name
        for column in view.columns:
            if column.to:
                [key] = next(dimension.key for dimension in bi.VIEWS if dimension.name == column.to)
                lost = world.read(
                    f"select distinct {column.name} from bi.{view.name} as f where {column.name} is not null "
                    f"and not exists (select 1 from bi.{column.to} as d where d.{key} = f.{column.name})"
                )
                assert lost == [], (view.name, column.name)


def test_every_code_in_bi_has_a_name(world: World) -> None:
    for view in bi.VIEWS:
        names = {column.name for column in view.columns}
        for code in sorted(name for name in names if f"{name}_name" in names):
            strange = world.read(
                f"select distinct {code}, {code}_name from bi.{view.name} where {code} is not null and ({code}_name is null or {code}_name = {code})"
            )
            assert strange == [], (view.name, code)
    assert world.read("select count(*) from bi.dim_period where label is null or label like '%null%'") == [(0,)]


def test_ratios_in_bi_are_their_numerator_over_their_denominator(world: World) -> None:
    """Recomputed here: per cent with two decimals, half up; completeness down; two ratios are no shares."""
    checked = 0
    for view in bi.VIEWS:
        for column in view.columns:
            if column.of is None:
                continue
            numerator, denominator = column.of
            rows = world.read(f"select distinct {column.name}, {numerator}, {denominator} from bi.{view.name} where {denominator} is not null")
            for value, above, below in rows:
                if below == 0 or above is None:
                    assert value is None, (view.name, column.name)
                    continue
                factor = 1 if column.name in ("pages_a_file", "mean_lag") else 100
                rounding = ROUND_DOWN if column.name == "completeness" else ROUND_HALF_UP
                # A row without points that could be scored has none, and its share is zero.
                assert value == (Decimal(above) * factor / Decimal(below)).quantize(Decimal("0.01"), rounding), (view.name, column.name)
                checked += 1
    assert checked > 2000


def test_figures_in_bi_add_up_as_it_says(world: World) -> None:
    """Over units of a line, channels and periods: what is said to add up does, numerators and denominators alike; the rest need not."""
    figures = world.read(
        "select i.indicator, i.additivity, i.sums_over_units, i.sums_over_periods, f.grain, f.period_start, f.unit, u.depth, u.branch, f.channel, "
        "f.numerator, f.denominator from bi.fact_indicator as f inner join bi.dim_indicator as i on i.indicator = f.indicator "
        "inner join bi.dim_unit as u on u.unit = f.unit where f.period_set = 'calendar' and f.grain in ('month', 'year')"
    )
    whole: dict[Any, tuple[int, int]] = {}
    added: dict[str, dict[Any, list[int]]] = {"units": {}, "channels": {}, "periods": {}}
    for code, how, over_units, over_periods, grain, start, unit, depth, branch, channel, numerator, denominator in figures:
        if numerator is None:
            continue
        counts = (numerator, denominator or 0)
        whole[code, grain, start, unit, channel] = counts
        targets = []
        if over_units and depth == 1:
            assert branch == unit
            targets.append(("units", (code, grain, start, PROVINCE, channel)))
        if how != "not_additive" and channel != "all":
            targets.append(("channels", (code, grain, start, unit, "all")))
        if over_periods and grain == "month":
            targets.append(("periods", (code, "year", start.replace(month=1), unit, channel)))
        for over, key in targets:
            sums = added[over].setdefault(key, [0, 0])
            sums[0] += counts[0]
            sums[1] += counts[1]
    for over, sums_by_key in added.items():
        assert len(sums_by_key) > 100, over
        wrong = [(over, key, sums, whole[key]) for key, sums in sums_by_key.items() if tuple(sums) != whole[key]]
        assert wrong == []
    said = {row[0]: row[1] for row in figures}
    assert {
        code: said[code]
        for code in (
            "dossiers_received",
            "dossiers_running",
            "dossiers_carried_over",
            "on_time_share",
            "index_2_1",
            "index_3_2",
            "dossiers_transferred_in",
        )
    } == {
        "dossiers_received": "additive",
        "dossiers_running": "semi_additive_time",
        "dossiers_carried_over": "semi_additive_time",
        "on_time_share": "ratio",
        "index_2_1": "ratio_semi_additive_time",
        "index_3_2": "not_additive",
        "dossiers_transferred_in": "semi_additive_units",
    }


def test_the_query_of_the_page_gives_what_the_year_says(world: World, repository: Path) -> None:
    page = (repository / "docs" / "bi.md").read_text(encoding="utf-8")
    [query] = re.findall(r"```sql\n(.+?)```", page, flags=re.DOTALL)
    told = dict(world.read(query))
    year = world.read(
        "select u.name, f.value from bi.fact_indicator as f inner join bi.dim_unit as u on u.unit = f.unit "
        "where f.indicator = 'on_time_share' and f.period_key = 'calendar.year.20221231' and f.channel = 'all' and u.depth = 1"
    )
    assert {name: value for name, value in year if value is not None} == {
        name: Decimal(str(share)).quantize(Decimal("0.01"), ROUND_HALF_UP) for name, share in told.items() if share is not None
    }
    assert len(set(told.values())) > 3


def test_budgets_in_bi_to_the_dong(world: World) -> None:
    """Against the workbooks' truth: all money of the units themselves, over units of a line, at one month's end."""
    month = date(2022, 6, 1)
    rows = world.read(
        "select f.disbursed, f.plan from bi.fact_budget as f inner join bi.dim_period as p on p.period_key = f.period_key and p.label = 'Tháng 06/2022' "
        f"where f.unit = '{PROVINCE}' and f.kind = 'all' and f.source = 'all' and f.scope = 'all'"
    )
    true = [sum(sums(world.lines, month.year, month.month, state).values()) for state in ("disbursed", PLAN)]
    assert rows == [tuple(true)]


def test_no_person_is_left_anywhere(world: World) -> None:
    people = {row.contact.person for row in hotline.rows(world.contacts, end_of(LAST))}
    wanted = {piece.clerk for piece in world.pieces} | {text for person in people for text in (person.name, person.phone)}
    search = Search(text for text in wanted if len(text) >= ANCHOR)
    home = world.pipeline.settings.home
    assert {name: found for name, text in texts_below(home) if (found := search.found_in(text))} == {}
    offices = (world.pipeline.folder / "data").rglob("*.csv")
    assert any(search.found_in(path.read_text(encoding="utf-8-sig")) for path in offices), "what was searched for is in the files"


def test_the_command_line_shows_all_of_it(world: World) -> None:
    def told(*words: str) -> list[dict[str, Any]]:
        command = [str(Path(sys.executable).with_name("qn")), *words, "--project", str(world.pipeline.folder), "--format", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found

    tracked = told("tracker", "--known-at", "2022-08-31")
    assert [row["code"] for row in tracked] == [row[0] for row in tracker_table(world.pipeline.warehouse, date(2022, 8, 31))[1]]
    assert len(told("tracker")) == sum(one.plan_on(LAST) is not None for one in world.databases)
    [province, *_] = told("budget", "--month", "2022-08")
    assert (province["unit"], province["target_share"]) == ("000.00.00.H47", 1.0)
    assert {row["scope"] for row in told("budget", "--month", "2022-08", "--unit", "000.00.12.H47")} == {"all", "digital"}
    [row] = told("post", "--month", "2022-07", "--level", "province")
    assert row["dossiers_touched"] > 0
    assert sum(row["approximate"] for row in told("post", "--month", "2022-07", "--reconcile")) > 0
    minutes = told("acceptance", "--month", "2022-07", "--unit", "000.00.12.H47")
    assert [row["amount"] for row in minutes] == [7_500_000]
    assert Path(minutes[0]["file"]).is_file()
    scanned = told("explain", "--indicator", "post_pages", "--month", "2022-07")
    assert sum(row["counted"] for row in scanned) == sum(row["pages"] for row in scanned) > 0
    opened_twice = told("explain", "--indicator", "on_time_share", "--period", "2022-Q3")
    assert Counter(row["part"] for row in opened_twice).keys() == {"numerator", "denominator"}
    assert {row["urgency"] for row in told("worklist", "feedback")} >= {"overdue"}
    assert told("worklist", "dossiers", "--unit", "000.00.00.H47") == []


def test_a_moment_of_the_last_night_is_midnight() -> None:
    assert end_of(LAST) == datetime(2022, 9, 13)  # noqa: DTZ001 -- local and naive
