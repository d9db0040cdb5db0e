"""Labelled defects over all feeds: each is caught by the rule that its label names and by no other, and no good row is told of or lost.

A defect is a good row with one thing broken. Rows are written to a file an entity, landed and checked as any delivery.
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import duckdb
import pyarrow.parquet as pq
import pytest

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.arrow import arrow_schema
from qn_pipeline.contracts.databases import MILESTONES
from qn_pipeline.contracts.model import Column, Severity
from qn_pipeline.landing.extractions import read_extractions
from qn_pipeline.project_quality import UNREADABLE
from qn_pipeline.validation.validate import ValidExtraction, validate
from qn_pipeline_tests.contracts.rows import GOOD, Row, numbered, write_sources
from qn_pipeline_tests.support import SEAL_KEY, Pipeline

DAY = date(2022, 6, 30)
STATES = ("need", "estimate", "adjustment", "carried_over", "allotted", "expected", "disbursed", "settled")
FIRST_LINE = 2
"""Of a file, after its header."""


@dataclass(frozen=True)
class Defect:
    """What is changed in a good row, and the rules that its label names: one, unless two must both speak. `copies`: so many rows are alike."""

    entity: str
    changes: Row
    rules: frozenset[str]
    copies: int = 1


def defect(entity: str, changes: Row, *rules: str, copies: int = 1) -> Defect:
    return Defect(entity, changes, frozenset(rules), copies)


# The feeds' own rules, a line a kind of defect.
WRITTEN = [
    # Dossiers: the code, dates among each other, status against dates.
    defect("dossiers", {"code": "TNMT/2022/77"}, "code_format"),
    defect("dossiers", {"code": "H47.33.220601.1"}, "code_format"),
    defect("dossiers", {"code": "000.00.33.H47-220602-0001"}, "code_date_differs"),
    defect("dossiers", {"code": "H47.33-220531-1"}, "code_date_differs"),
    defect("dossiers", {"submitted_at": "2022-06-01 09:00:00"}, "submitted_after_received"),
    defect(
        "dossiers",
        {"status": "1", "submitted_at": "2022-07-05 08:00:00", "received_at": None, "due_at": None, "ended_at": None, "returned_at": None},
        "submitted_in_future",
    ),
    defect("dossiers", {"received_at": None}, "received_at_needed"),
    defect("dossiers", {"status": "1", "due_at": None, "ended_at": None, "returned_at": None}, "received_at_while_new"),
    defect("dossiers", {"due_at": "2022-05-20 08:00:00"}, "due_before_received"),
    defect("dossiers", {"due_at": "2032-06-20 08:00:00"}, "due_too_far"),
    defect("dossiers", {"ended_at": None}, "ended_at_needed"),
    defect("dossiers", {"status": "9", "ended_at": None, "returned_at": None}, "ended_at_needed"),
    defect("dossiers", {"status": "7", "ended_at": None, "returned_at": None}, "ended_at_needed"),
    defect("dossiers", {"ended_at": "2022-05-31 08:00:00"}, "ended_before_received"),
    defect("dossiers", {"status": "4", "returned_at": None}, "ended_at_while_running"),
    defect("dossiers", {"status": "5", "returned_at": None}, "ended_at_while_running"),
    defect("dossiers", {"status": "2", "ended_at": None}, "returned_at_while_running"),
    defect("dossiers", {"status": "6", "ended_at": None}, "returned_at_while_running"),
    defect("dossiers", {"returned_at": None}, "returned_at_needed"),
    defect("dossiers", {"returned_at": "2022-06-14 08:00:00"}, "returned_before_ended"),
    defect("dossiers", {"updated_at": "2022-07-02 00:00:00"}, "updated_in_future"),
    defect("dossiers", {"ended_at": "infinity"}, "ended_at_unreadable"),
    defect("dossiers", {"received_at": "2022-06-31 08:00:00"}, "received_at_unreadable"),
    defect("dossiers", {"submitted_at": "01/06/2022"}, "submitted_at_unreadable"),
    # Dossiers: channel against level, fees, doubles.
    defect("dossiers", {"online_level": "none"}, "online_level_of_channel"),
    defect("dossiers", {"fee": "0"}, "paid_without_fee"),
    defect("dossiers", {"fee": None, "online_payment": "national"}, "paid_without_fee"),
    defect("dossiers", {"fee": "-1"}, "fee_out_of_range"),
    defect("dossiers", {"fee": "2000000000"}, "fee_unusual"),
    defect("dossiers", {"fee": "50.000"}, "fee_unreadable"),
    defect("dossiers", {"fee": "1e3"}, "fee_unreadable"),
    defect("dossiers", {"limit_hours": "13 ngày"}, "limit_hours_unreadable"),
    defect("dossiers", {}, "version_doubled", copies=2),
    defect("dossiers", {"procedure": " "}, "procedure_missing"),
    # Steps.
    defect("dossier_actions", {}, "step_doubled", copies=3),
    # The post.
    defect("postal_events", {"ended_at": "2022-06-01 07:59:59"}, "work_ended_before_begun"),
    defect("postal_events", {"dossier_as_typed": None}, "dossier_missing"),
    defect("postal_events", {"pages": None, "files": None, "signed": None}, "digitized_without_pages"),
    defect("postal_events", {"pages": "0", "files": "0", "signed": None, "outcome": None}, "digitized_without_pages"),
    defect("postal_events", {"kind": "guide", "scanned": None}, "pages_of_other_work"),
    defect("postal_events", {"kind": "return", "pages": None, "files": None}, "scanned_of_other_work"),
    defect("postal_events", {"pages": "3001"}, "pages_many"),
    defect("postal_events", {"pages": "2000", "ended_at": "2022-06-01 08:05:00"}, "pages_too_fast"),
    defect("postal_events", {"files": "13"}, "files_over_pages"),
    defect("postal_events", {"files": "0"}, "signed_without_file"),
    defect("postal_events", {"ended_at": "2022-06-02 08:00:00"}, "work_too_long"),
    defect("postal_events", {}, "work_doubled", copies=2),
    # Budgets.
    defect("budget_lines", {}, "line_doubled", copies=2),
    defect("budget_lines", {"month": "7"}, "month_in_future"),
    defect("budget_lines", {"year": "2023", "month": "1"}, "month_in_future"),
    defect(
        "budget_lines",
        dict.fromkeys(STATES),
        "line_without_amount",
    ),
    defect(
        "budget_lines",
        dict(zip(STATES, ("900", "600", "-50", "20", "550", "300", "280", "270"), strict=True)),
        "amount_in_other_unit",
    ),
    defect(
        "budget_lines",
        dict(zip(STATES, ("900000", "600000", None, None, "550000", None, "280000", None), strict=True)),
        "amount_in_other_unit",
    ),
    # 280 million, read as triệu đồng.
    defect("budget_lines", {"disbursed": "280000000000000", "settled": None}, "disbursed_out_of_range", "disbursed_over_allotted"),
    defect("budget_lines", {"disbursed": "570000001"}, "disbursed_over_allotted"),
    defect("budget_lines", {"allotted": None, "disbursed": "570000001"}, "disbursed_over_allotted"),
    defect("budget_lines", {"settled": "280000001"}, "settled_over_disbursed"),
    defect("budget_lines", {"estimate": "-600000000"}, "amount_negative"),
    defect("budget_lines", {"chapter": "27"}, "chapter_format"),
    defect("budget_lines", {"category": "71"}, "category_format"),
    defect("budget_lines", {"item": "Mục 7050"}, "item_format"),
    defect("budget_lines", {"subitem": "705"}, "subitem_format", "subitem_of_other_item"),
    defect("budget_lines", {"subitem": "6956"}, "subitem_of_other_item"),
    # Databases.
    defect("databases", {"built_planned": "2021-11-30"}, "plan_out_of_order"),
    defect("databases", {"operated_planned": "2021-06-02"}, "plan_out_of_order"),
    defect("databases", {"operated_weight": "11"}, "weights_not_whole"),
    defect("databases", {"planned_amount": "12000"}, "amount_in_other_unit"),
    defect("databases", {}, "plan_doubled", copies=2),
    defect("database_reports", {"built_actual": "2021-12-31"}, "report_out_of_order"),
    defect("database_reports", {"built_actual": None}, "milestone_skipped"),
    defect("database_reports", {"month": "2022-07-01"}, "month_in_future"),
    defect("database_reports", {"amount_spent": "4000"}, "amount_in_other_unit"),
    defect("database_reports", {"records": "-1"}, "records_out_of_range"),
    defect("database_reports", {}, "report_doubled", copies=2),
    # 1022.
    defect("feedback", {"answered_at": "2022-06-01 07:00:00", "forwarded_at": None}, "answered_before_received"),
    defect("feedback", {"due_at": "2022-05-31"}, "due_before_received"),
    defect("feedback", {"forwarded_at": "2022-05-31 08:00:00"}, "forwarded_before_received"),
    defect("feedback", {"answered_at": None}, "answered_without_date"),
    defect("feedback", {"status": "processing", "satisfied": None}, "answered_while_open"),
    defect("feedback", {"status": "new", "answered_at": None}, "satisfied_without_answer"),
    defect("feedback", {"due_at": "2024-06-20 08:00:00"}, "due_too_far"),
    defect("feedback", {"updated_at": "2022-07-02 00:00:00"}, "updated_in_future"),
    defect("feedback", {"topic": "Äáº¥t Ä‘ai"}, "topic_mojibake"),
    defect("feedback", {}, "version_doubled", copies=2),
    # Reference data.
    defect("units", {"parent": "000.00.50.H47", "code": "000.00.50.H47"}, "own_parent"),
    defect("units", {"valid_to": "2008-04-07"}, "valid_to_before_from"),
    defect("units", {"code": "h47 33"}, "code_format"),
    defect("units", {"name": "HuyÖn N«ng S¬n"}, "name_mojibake"),
    defect("units", {"name": "Huyá»‡n NÃ´ng SÆ¡n"}, "name_mojibake"),
    defect("units", {}, "unit_doubled", copies=2),
    defect("procedures", {"time_limit": "0"}, "time_limit_out_of_range"),
    defect("procedures", {"limit_unit": None}, "limit_unit_needed"),
    defect("procedures", {"valid_to": "2019-12-31"}, "valid_to_before_from"),
    defect("procedures", {"name": "C?p gi?y phép"}, "name_mojibake"),
    defect("procedures", {}, "procedure_doubled", copies=2),
    defect("services", {}, "service_doubled", copies=2),
    defect("holidays", {"hours": "7h30-17h"}, "hours_format"),
    defect("holidays", {"hours": "13:00-17:00,07:30-11:30"}, "hours_out_of_order"),
    defect("holidays", {"kind": "off"}, "hours_of_day_off"),
    defect("holidays", {}, "day_doubled", copies=2),
    defect("work_times", {"code": "8"}, "code_format"),
    defect("work_times", {"code": "3", "hours": "17:00-07:30"}, "hours_out_of_order"),
    defect("work_times", {"code": "4", "hours": "07:30-25:00"}, "hours_format"),
    defect("work_times", {"code": "5"}, "weekday_doubled", copies=2),
]
# Where what is broken in one way is broken in another way, too, and both must speak.
TOO: dict[tuple[str, str], set[str]] = {
    # A dossier that was received before 2000 bears another date in its code.
    ("dossiers", "received_at_out_of_range"): {"code_date_differs", "submitted_after_received", "due_too_far"},
    ("dossiers", "received_at_in_future"): {"code_date_differs", "ended_before_received", "due_before_received"},
    ("dossiers", "due_at_out_of_range"): {"due_before_received"},
    ("dossiers", "ended_at_in_future"): {"returned_before_ended"},
    ("postal_events", "began_at_in_future"): {"work_ended_before_begun"},
    ("postal_events", "began_at_out_of_range"): {"work_too_long"},
    ("postal_events", "ended_at_in_future"): {"work_too_long"},
    ("budget_lines", "carried_over_out_of_range"): {"disbursed_over_allotted"},
    ("budget_lines", "allotted_out_of_range"): {"disbursed_over_allotted"},
    ("budget_lines", "disbursed_out_of_range"): {"settled_over_disbursed"},
    **{("databases", f"{name}_planned_out_of_range"): {"plan_out_of_order"} for name in MILESTONES if name != "approved"},
    **{("databases", f"{name}_weight_out_of_range"): {"weights_not_whole"} for name in MILESTONES},
    **{("database_reports", f"{name}_actual_out_of_range"): {"report_out_of_order"} for name in MILESTONES if name != "approved"},
    **{("database_reports", f"{name}_actual_in_future"): {"report_out_of_order"} for name in MILESTONES if name != "operated"},
    ("feedback", "received_at_out_of_range"): {"due_too_far"},
    ("feedback", "due_at_out_of_range"): {"due_before_received"},
    ("feedback", "received_at_in_future"): {"answered_before_received", "due_before_received", "forwarded_before_received"},
}


def of_declarations() -> Iterator[Defect]:
    """A defect of every kind that a column's declaration rules out, with the rule that follows from it."""
    for entity, contract in CONTRACTS.items():
        for column in contract.columns:
            for rule, text in spoilt(column):
                changes: Row = {column.name: text}
                if entity == "dossiers" and column.name == "status":
                    changes |= dict.fromkeys(("ended_at", "returned_at"))
                if entity == "work_times" and column.name != "code":
                    changes["code"] = "2"
                yield defect(entity, changes, rule, *TOO.get((entity, rule), ()))


def spoilt(column: Column) -> Iterator[tuple[str, str | None]]:
    """What a column may not hold, by the rule that finds it."""
    name = column.name
    if not column.nullable:
        yield f"{name}_missing", None
    if column.codes:
        yield f"{name}_unknown_code", "không có"
    elif column.type != "text":
        yield f"{name}_unreadable", "không rõ"
    if column.least is not None:
        below = "1999-12-31" if column.type in ("timestamp", "date") else str(int(str(column.least)) - 1)
        yield f"{name}_out_of_range", below
    if column.past:
        yield f"{name}_in_future", "2022-07-01"
    if column.prose:
        yield f"{name}_mojibake", "Cáº¥p giáº¥y phÃ©p"


DEFECTS = [*WRITTEN, *of_declarations()]


@dataclass
class Delivery:
    """Rows of an entity's file with what is expected of each."""

    rows: list[Row] = field(default_factory=list)
    labels: list[frozenset[str]] = field(default_factory=list)

    def add(self, entity: str, row: Row, rules: frozenset[str] = frozenset(), copies: int = 1) -> None:
        made = numbered(entity, row, len(self.rows))
        self.rows += [made] * copies
        self.labels += [rules] * copies


@dataclass(frozen=True)
class Checked:
    """A delivery, what the door made of it, and the rules that each of its rows broke."""

    delivery: Delivery
    result: ValidExtraction
    found: list[frozenset[str]]


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Checked]:
    """All defects, each entity's in a file between good rows, after the door."""
    folder = write_sources(tmp_path_factory.mktemp("defects") / "p")
    deliveries = {entity: Delivery() for entity in CONTRACTS}
    for entity, delivery in deliveries.items():
        delivery.add(entity, GOOD[entity])
        for wrong in DEFECTS:
            if wrong.entity == entity:
                delivery.add(entity, GOOD[entity] | wrong.changes, wrong.rules, wrong.copies)
                if entity != "work_times":
                    delivery.add(entity, GOOD[entity])
        with (folder / f"data/{entity}_{DAY}.csv").open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, CONTRACTS[entity].names)
            writer.writeheader()
            writer.writerows(delivery.rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QN_SEAL_KEY", SEAL_KEY)
        pipeline = Pipeline(folder)
        assert pipeline.land(DAY) == {}
        landed = {e.manifest.entity: e for e in read_extractions(pipeline.settings) if e.manifest.file}
        results = {entity: validate(pipeline.settings, pipeline.project, landed[entity]) for entity in CONTRACTS}
    return {entity: Checked(delivery, results[entity], found(results[entity], len(delivery.rows))) for entity, delivery in deliveries.items()}


def found(result: ValidExtraction, rows: int) -> list[frozenset[str]]:
    rules: list[set[str]] = [set() for _ in range(rows)]
    for row_no, rule in duckdb.sql(f"select row_no, rule from '{result.quarantine}'").fetchall():
        rules[row_no - FIRST_LINE].add(rule)
    return [frozenset(of_row) for of_row in rules]


@pytest.mark.parametrize("entity", CONTRACTS)
def test_each_defect_is_caught_by_its_rule_and_by_no_other(checked: dict[str, Checked], entity: str) -> None:
    it = checked[entity]
    wrong = [
        ({name: text for name, text in row.items() if text != GOOD[entity][name] and name != "code"} or row["code"], set(label), set(rules))
        for row, label, rules in zip(it.delivery.rows, it.delivery.labels, it.found, strict=True)
        if label != rules
    ]
    assert wrong == []


@pytest.mark.parametrize("entity", CONTRACTS)
def test_what_is_no_quarantine_is_valid_and_no_row_is_lost(checked: dict[str, Checked], entity: str) -> None:
    it = checked[entity]
    stopping = {rule.name for rule in CONTRACTS[entity].active_rules("vietnam") if rule.severity is not Severity.WARN}
    kept = {row_no - FIRST_LINE for (row_no,) in duckdb.sql(f"select row_no from '{it.result.rows}'").fetchall()}
    assert kept == {place for place, rules in enumerate(it.delivery.labels) if not rules & stopping}
    assert it.result.report.arrived == len(it.delivery.rows)


def test_every_rule_that_the_door_asks_has_a_defect_here() -> None:
    for entity, contract in CONTRACTS.items():
        labelled = set().union(*(wrong.rules for wrong in DEFECTS if wrong.entity == entity))
        assert {rule.name for rule in contract.active_rules("vietnam")} == labelled, entity


def test_there_are_many_kinds_of_defects_in_every_feed() -> None:
    kinds = {(wrong.entity, rule) for wrong in DEFECTS for rule in wrong.rules}
    assert len(kinds) > 250
    assert len({(wrong.entity, tuple(sorted(wrong.rules)), tuple(wrong.changes.items())) for wrong in WRITTEN}) == len(WRITTEN) > 70
    assert {entity for entity, _ in kinds} == set(CONTRACTS)


@pytest.mark.parametrize("entity", CONTRACTS)
def test_valid_rows_are_as_the_arrow_schema_says(checked: dict[str, Checked], entity: str) -> None:
    schema = arrow_schema(CONTRACTS[entity])
    table = pq.read_table(checked[entity].result.rows)
    assert [(field.name, field.type) for field in table.select(schema.names).schema] == [(field.name, field.type) for field in schema]
    assert [name for name in schema.names if not schema.field(name).nullable and table[name].null_count] == []


@pytest.mark.parametrize("entity", CONTRACTS)
def test_what_great_expectations_asserts_are_the_contracts_rules(checked: dict[str, Checked], entity: str) -> None:
    """One count a rule, none of them missing: the suite is made of the report's counts."""
    expected = [rule.name for rule in CONTRACTS[entity].active_rules("vietnam")]
    counts = checked[entity].result.report.violations
    assert set(counts) == {*expected, UNREADABLE}
    assert {rule: count for rule, count in counts.items() if count} == {
        rule: sum(rule in rules for rules in checked[entity].delivery.labels) for rule in expected
    }
