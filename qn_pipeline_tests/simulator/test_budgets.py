"""Simulated budgets: lines and rules, what they add up to, and the workbooks that hold them."""

import unicodedata
import zipfile
from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.project import MONEY_UNITS, Mapping
from qn_pipeline.simulator.budget_rules import RULES, THE_PROJECT, Rule, decide, rules
from qn_pipeline.simulator.budget_workbook import COLUMNS, FOLDER, SHEETS, SOURCES, file_name, habits, mappings, sources, vietnamese, write_month
from qn_pipeline.simulator.budget_workbook import wrong_totals as wrong_totals_of
from qn_pipeline.simulator.budgets import PLAN, STATES, Amounts, Kind, Line, Source, budgets, last_day, reported, sums, truth
from qn_pipeline.simulator.units import DEPARTMENTS, UNIT_BY_CODE

HOME_AFFAIRS, INFORMATION, SCIENCE = "000.00.03.H47", "000.00.12.H47", "000.00.11.H47"
DISTRICT = "000.00.61.H47"


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return budgets(7, [2024, 2025])


def line(agency: str = HOME_AFFAIRS, year: int = 2024, amounts: Amounts | None = None, **texts: str) -> Line:
    """A line that stands still all year."""
    amounts = amounts or Amounts(estimate=100, disbursed=40)
    told: dict[str, Any] = {
        "chapter": "435",
        "category": "341",
        "item": "7050",
        "subitem": "7049",
        "project": "",
        "name": "Việc khác",
        "tag": "",
        **texts,
    }
    return Line(agency, year, "recurrent", "provincial", "Chi sự nghiệp", **told, months=(amounts,) * 12, closed=replace(amounts, settled=39))


# Lines


def test_a_seed_gives_the_same_lines(lines: list[Line]) -> None:
    assert budgets(7, [2024, 2025]) == lines
    assert budgets(8, [2024, 2025]) != lines


def test_lines_show_what_real_ones_do(lines: list[Line]) -> None:
    months = [[told for told in some.months if told is not None] for some in lines]
    falls = sum(any((b.disbursed or 0) < (a.disbursed or 0) for a, b in pairwise(its)) for its in months)
    assert 0 < falls < len(lines) / 10
    assert any((told.adjustment or 0) < 0 for its in months for told in its)
    assert any(some.months[0] is None for some in lines)
    assert {some.kind for some in lines if any(told.carried_over for told in some.months if told)} == {"investment"}
    assert all(told.settled is None for its in months for told in its)
    assert all(some.closed is not None and some.closed.settled is not None for some in lines)
    over = [some for some in lines if some.closed and (some.closed.disbursed or 0) > (some.closed.allotted or 0) + (some.closed.carried_over or 0)]
    assert 0 < len(over) < len(lines) / 20
    for kind in ("investment", "recurrent"):
        assert {some.is_digital(12) for some in lines if some.kind == kind} == {True, False, None}
    assert {some.source for some in lines} == {"central", "provincial", "district", "commune", "other"}


def test_a_project_carries_over_what_it_did_not_spend(lines: list[Line]) -> None:
    of = {
        (some.year, some.project, some.source, some.name): some.closed for some in lines if some.kind == "investment" and some.agency == INFORMATION
    }
    carried = 0
    for (year, *rest), closed in of.items():
        before = of.get((year - 1, *rest))  # type: ignore[arg-type]
        if closed is not None and before is not None:
            carried += 1
            assert (closed.carried_over or 0) == max((before.of(PLAN) or 0) - (before.disbursed or 0), 0) // 1_000_000 * 1_000_000
    assert carried > 4


def test_departments_have_heirs_and_districts_end(lines: list[Line]) -> None:
    assert {unit for unit, some, _ in reported(lines, 2025, 2) if some.chapter == "427"} == {INFORMATION}
    assert {unit for unit, some, _ in reported(lines, 2025, 3) if some.chapter == "427"} == {SCIENCE}
    assert DISTRICT in {unit for unit, _, _ in reported(lines, 2025, 6)}
    assert DISTRICT not in {unit for unit, _, _ in reported(lines, 2025, 7)}


# Rules


def test_the_first_rule_that_matches_decides() -> None:
    assert decide(line(subitem="6956", name="Mua MÁY PHOTOCOPY"), date(2024, 1, 31)) is False
    assert decide(line(subitem="6956", name="Mua máy chủ"), date(2024, 1, 31)) is True
    assert decide(line(item="9300", project=THE_PROJECT, name="Trụ sở"), date(2024, 1, 31)) is False
    assert decide(line(project=THE_PROJECT, name="Bất kỳ"), date(2024, 1, 31)) is True
    assert decide(line(name="Ngày CHUYỂN ĐỔI SỐ quốc gia"), date(2024, 1, 31)) is True
    assert decide(line(name="Chuyển đổi mô hình, số lượng"), date(2024, 1, 31)) is None
    assert decide(line(tag="CĐS"), date(2024, 1, 31)) is True
    assert decide(line(tag="CĐS 2"), date(2024, 1, 31)) is None


def test_all_conditions_of_a_rule_must_hold() -> None:
    rule = Rule("x", "include", chapters=("427", "435"), keywords=("mạng", "máy"))
    assert rule.matches(line(name="Thiết bị mạng"), date(2024, 1, 31))
    assert not rule.matches(line(name="Thiết bị"), date(2024, 1, 31))
    assert not rule.matches(line(name="Thiết bị mạng", chapter="405"), date(2024, 1, 31))


def test_a_rule_is_valid_on_its_days() -> None:
    technology = line(category="314")
    assert [technology.is_digital(month) for month in (6, 7)] == [None, True]
    post = line(subitem="6603", name="Cước bưu chính")
    assert [post.is_digital(month) for month in (9, 10)] == [False, None]


def test_rules_as_a_project_holds_them() -> None:
    told = rules()
    assert [rule["name"] for rule in told] == [rule.name for rule in RULES]
    assert told[0] == {"name": "khong_phai_cntt", "decides": "exclude", "subitems": ["6956"], "keywords": ["máy photocopy", "máy hủy tài liệu"]}
    assert told[-2] == {"name": "khoan_314", "decides": "include", "categories": ["314"], "valid_from": date(2024, 7, 1)}


# Truth


def test_truth_of_handmade_lines() -> None:
    some = [
        line(subitem="7053", amounts=Amounts(need=9, estimate=5, adjustment=-2, disbursed=1)),
        line(subitem="7054", amounts=Amounts(estimate=7, disbursed=0)),
        line(amounts=Amounts(estimate=100)),
        line(year=2023),
    ]
    key: tuple[str, Kind, Source] = (HOME_AFFAIRS, "recurrent", "provincial")
    assert truth(some, 2024, 5) == {(*key, True): {"need": 9, "estimate": 12, "adjustment": -2, "disbursed": 1}, (*key, None): {"estimate": 100}}
    assert truth(some, 2024, 12, closed=True)[(*key, None)] == {"estimate": 100, "settled": 39}
    assert sums(some, 2024, 5, PLAN) == {key: 110}
    assert sums(some, 2024, 5, "disbursed", by=("digital",)) == {(True,): 1}


def test_sums_and_truth_agree(lines: list[Line]) -> None:
    for state in STATES[:-1]:
        total = sum(states.get(state, 0) for states in truth(lines, 2024, 9).values())
        assert total == sum(sums(lines, 2024, 9, state, by=()).values()) == sum(sums(lines, 2024, 9, state).values())


# Workbooks

Read = dict[tuple[str, ...], dict[str, int]]


def cells(path: Path) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def composed(cell: object) -> str:
    return unicodedata.normalize("NFC", str(cell))


def dong(cell: object, unit: str) -> int | None:
    """An amount in whole đồng, from a number or a Vietnamese text; fails for fractions of a đồng."""
    if cell == "":
        return None
    if isinstance(cell, str):
        text = cell.replace(".", "").replace(",", ".")
        value = -Decimal(text[1:-1]) if text.startswith("(") else Decimal(text)
    else:
        value = Decimal(repr(cell))
    told = value * MONEY_UNITS[unit]
    assert told == int(told)
    return int(told)


def header_of(rows: list[list[Any]]) -> tuple[int, list[str]]:
    """The row of a header (from 0), and the names of its columns with their levels joined."""
    at = next(place for place, row in enumerate(rows) if row[0] == "TT")
    names, above = [], ""
    for upper, lower in zip(rows[at], rows[at + 1], strict=True):
        above = composed(upper) or above
        names.append(f"{above} / {composed(lower)}" if lower else above)
    return at, names


def lines_of(path: Path, agency: str) -> Read:
    """The lines of a workbook: what tells them apart, with their amounts by state."""
    found: Read = {}
    for name, rows in cells(path).items():
        if name not in SHEETS.values():
            continue
        at, names = header_of(rows)
        assert tuple(names) == COLUMNS
        titles = [composed(cell) for row in rows[:at] for cell in row if cell != ""]
        unit = next(title.removeprefix("Đơn vị tính: ") for title in titles if title.startswith("Đơn vị tính: "))
        assert titles[0] == f"Đơn vị: {UNIT_BY_CODE[agency].name}"
        for row in rows[at + 2 :]:
            if str(row[0]).removesuffix(".0").isdigit():
                texts = [composed(cell) for cell in (*row[1:8], row[-1])]
                amounts = {state: dong(cell, unit) for state, cell in zip(STATES, row[8:16], strict=True)}
                assert (agency, name, *texts) not in found
                found[(agency, name, *texts)] = {state: amount for state, amount in amounts.items() if amount is not None}
    return found


@pytest.mark.parametrize(("year", "month", "closed"), [(2024, 3, False), (2024, 12, True), (2025, 4, False)])
def test_workbooks_hold_the_lines_to_the_dong(lines: list[Line], tmp_path: Path, year: int, month: int, closed: bool) -> None:
    write_month(lines, tmp_path, year, month, closed=closed)
    expected: Read = {}
    for agency, some, amounts in reported(lines, year, month, closed):
        codes = (some.name, some.chapter, some.category, some.item, some.subitem, some.project, SOURCES[some.source], some.tag)
        expected[(agency, SHEETS[some.kind], *codes)] = {state: told for state in STATES if (told := amounts.of(state)) is not None}
    found: Read = {}
    for agency in {key[0] for key in expected}:
        found |= lines_of(tmp_path / FOLDER / file_name(agency, year, month), agency)
    assert found == expected
    assert len(list((tmp_path / FOLDER).iterdir())) == len({key[0] for key in expected})


def test_titles_tell_the_month(lines: list[Line], tmp_path: Path) -> None:
    write_month(lines, tmp_path, 2024, 3)
    rows = cells(tmp_path / FOLDER / "so_noi_vu_2024-03.xlsx")["Chi thường xuyên"]
    assert [composed(row[0]) for row in rows[:3]] == ["Đơn vị: Sở Nội vụ", "Biểu theo dõi dự toán năm 2024", "Đến hết tháng 03 năm 2024"]


def test_parts_are_never_more_than_their_line(lines: list[Line], tmp_path: Path) -> None:
    write_month(lines, tmp_path, 2024, 12)
    compared = 0
    for unit in DEPARTMENTS:
        path = tmp_path / FOLDER / file_name(unit.code, 2024, 12)
        rows = cells(path)["Chi thường xuyên"] if path.exists() else []
        for place in (place for place, row in enumerate(rows) if composed(row[1]) == "Trong đó:"):
            count = next(after for after, row in enumerate(rows[place + 1 :]) if row[0] != "-")
            for column in range(8, 16):
                told, *parts = (dong(row[column], habits(unit.code).unit) or 0 for row in (rows[place - 1], *rows[place + 1 : place + 1 + count]))
                assert all(part * told >= 0 for part in parts)
                assert abs(sum(parts)) <= abs(told)
                compared += any(part < 0 for part in parts)
    assert compared


def wrong_in(path: Path, agency: str) -> set[tuple[str, str, str, int, int]]:
    """The sums of a workbook that are not what their lines add up to."""
    found = set()
    for name, rows in cells(path).items():
        if name not in SHEETS.values():
            continue
        at, _ = header_of(rows)
        unit = habits(agency).unit
        added: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))
        section, totals = 0, [0]
        for place, row in enumerate(rows[at + 2 :], start=at + 2):
            if row[0] in ("I", "II") or composed(row[1]) == "Tổng cộng":
                section = place
                totals.append(place)
            for column in range(8, 16):
                if str(row[0]).removesuffix(".0").isdigit():
                    for total in (section, 0):
                        added[total][column] += dong(row[column], unit) or 0
        last = totals[-1]
        added[last] = added.pop(0)
        for total in totals[1:]:
            for column in range(8, 16):
                told = dong(rows[total][column], unit)
                if told is not None and told != added[total][column]:
                    found.add((agency, name, f"{'ABCDEFGHIJKLMNOPQ'[column]}{total + 1}", told, added[total][column]))
    return found


def test_wrong_sums_are_those_that_are_told(lines: list[Line], tmp_path: Path) -> None:
    for share, least, most in ((0.0, 0, 0), (0.3, 10, 60)):
        told = write_month(lines, tmp_path, 2024, 8, wrong=share, seed=3)
        agencies = {agency for agency, _, _ in reported(lines, 2024, 8)}
        found = set().union(*(wrong_in(tmp_path / FOLDER / file_name(agency, 2024, 8), agency) for agency in agencies))
        assert {(some.agency, some.sheet, some.cell, some.told, some.added) for some in told} == found
        assert least <= len(told) <= most
        assert told == wrong_totals_of(lines, 2024, 8, wrong=share, seed=3)


def test_the_same_bytes_again(lines: list[Line], tmp_path: Path) -> None:
    for folder in ("a", "b"):
        write_month(lines, tmp_path / folder, 2024, 2)
    first, second = ({path.name: path.read_bytes() for path in (tmp_path / folder / FOLDER).iterdir()} for folder in ("a", "b"))
    assert first == second
    assert len(first) == 25


def test_agencies_have_habits(lines: list[Line], tmp_path: Path) -> None:
    assert {habits(unit.code).unit for unit in DEPARTMENTS} == {"đồng", "triệu đồng", "tỷ đồng"}
    write_month(lines, tmp_path, 2024, 12)
    paths = {unit.code: tmp_path / FOLDER / file_name(unit.code, 2024, 12) for unit in DEPARTMENTS if unit.valid_from is None}
    for code, path in paths.items():
        its, sheet = habits(code), cells(path)["Chi thường xuyên"]
        at, _ = header_of(sheet)
        body = sheet[at + 2 : [composed(row[1]) for row in sheet].index("Tổng cộng") + 1]
        amounts = [cell for row in body for cell in row[8:16] if cell != ""]
        assert all(isinstance(cell, str) == its.texts for cell in amounts)
        assert ("Ghi chú" in cells(path)) == its.notes
        with zipfile.ZipFile(path) as parts:
            assert any(b"<f>" in parts.read(name) for name in parts.namelist() if "worksheets/" in name) == its.formulas
        assert any(str(cell) != composed(cell) for row in body for cell in row) == its.decomposed
        assert any(row[0] == "-" for row in body) == any(composed(row[1]) == "Trong đó:" for row in body)
    brackets = [cell for path in paths.values() for rows in cells(path).values() for row in rows for cell in row if str(cell).startswith("(")]
    assert brackets


def test_vietnamese_numbers() -> None:
    assert [vietnamese(Decimal(text)) for text in ("1234567.89", "-5.500", "0", "1000", "12.000001")] == [
        "1.234.567,89",
        "-5,5",
        "0",
        "1.000",
        "12,000001",
    ]
    assert vietnamese(Decimal("-1234.5"), brackets=True) == "(1.234,5)"


def test_only_a_year_s_end_is_closed(lines: list[Line], tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="closed"):
        write_month(lines, tmp_path, 2024, 11, closed=True)


@pytest.mark.parametrize("agencies", [None, [HOME_AFFAIRS, DISTRICT]])
def test_the_mapping_is_of_the_contract_and_of_the_columns(agencies: list[str] | None) -> None:
    contract = CONTRACTS["budget_lines"]
    settings = sources(agencies)
    assert {source["mapping"] for source in settings.values()} == set(mappings(agencies))
    for told in mappings(agencies).values():
        mapping = Mapping.model_validate(told)
        assert set(mapping.columns) == set(contract.names)
        titles = next(iter(settings.values()))["table"]["titles"]
        assert set(mapping.source_columns) <= {*COLUMNS, "@sheet", *(f"@{name}" for name in titles)}
        assert set(mapping.ignore) <= set(COLUMNS)


def test_last_days() -> None:
    assert [last_day(2024, month) for month in (2, 12)] == [date(2024, 2, 29), date(2024, 12, 31)]
