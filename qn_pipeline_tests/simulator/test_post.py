"""The post's work: what clerks do, how they type codes, what it adds up to, and the files of three kinds of offices."""

import csv
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from python_calamine import CalamineWorkbook

from qn_pipeline.contracts.dossiers import DOSSIER_CODE
from qn_pipeline.project import FileSource, load_project
from qn_pipeline.simulator import post_files
from qn_pipeline.simulator.calendar import OPENING_HOURS, is_working_day
from qn_pipeline.simulator.files import project
from qn_pipeline.simulator.lives import Kind, Province
from qn_pipeline.simulator.post import Piece, office_of, pieces, truth
from qn_pipeline.simulator.post_files import COLUMNS, FORMS, corrected, corrections, form_of, write_correction, write_day
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.spellings import SLIPS, SPELLINGS, UNRESOLVABLE, same, spell
from qn_pipeline.simulator.units import UNITS

A, B = date(2022, 6, 1), date(2022, 6, 2)
DESK, OFFICE = "000.00.33.H47", "560000"
LAST = date(2030, 12, 31)


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(2500, 3, seed=5, typed_codes=0.02)


@pytest.fixture(scope="module")
def work(province: Province) -> list[Piece]:
    return pieces(province, seed=5)


def piece(number: int | None, kind: Any = "receive", day: date = A, **told: Any) -> Piece:
    """Work on a dossier whose code is typed as it is, at eight o'clock."""
    began_at = datetime.combine(day, datetime(2022, 1, 1, 8).time())  # noqa: DTZ001 -- local and naive
    code = None if number is None else f"{DESK}-220601-{number:04}"
    values = {"unit": DESK, "office": OFFICE, "clerk": "049000000001", "began_at": began_at, "ended_at": began_at + timedelta(minutes=5)}
    spelling = "missing" if code is None else "exact"
    return Piece(**{"number": number, "code": code, "typed": code or "", "spelling": spelling, "kind": kind, "scanned": None, **values, **told})


def test_the_same_seed_gives_the_same_work_and_another_one_other_work(province: Province, work: list[Piece]) -> None:
    assert pieces(province, seed=5) == work
    assert pieces(province, seed=6) != work


def test_the_post_handles_most_dossiers_at_some_desks_and_none_at_others(province: Province, work: list[Piece]) -> None:
    filed = Counter(state.unit for dossier in province.dossiers if (state := dossier.facts[0].state) is not None)
    handled = Counter(one.unit for one in work if one.kind == "receive" and one.outcome == "done")
    busy = {unit for unit, count in filed.items() if count >= 40}
    assert busy - set(handled)
    served = busy & set(handled)
    assert 0.45 < sum(handled[unit] for unit in served) / sum(filed[unit] for unit in served) < 0.75
    assert {office_of(unit.code) for unit in UNITS} >= {one.office for one in work}
    assert all(office_of(one.unit) == one.office for one in work)


def test_work_is_done_in_opening_hours_of_working_days(work: list[Piece]) -> None:
    for one in work:
        assert is_working_day(one.day)
        assert one.began_at <= one.ended_at
        assert any(opens <= one.began_at.time() and one.ended_at.time() <= closes for opens, closes in OPENING_HOURS)
        assert one.ended_at.date() == one.day
        assert one.began_at.microsecond == one.ended_at.microsecond == 0


def test_work_follows_the_lives_of_the_dossiers(province: Province, work: list[Piece]) -> None:
    lives = {dossier.number: dossier for dossier in province.dossiers}
    assert {one.kind for one in work} == {"guide", "receive", "digitize", "return"}
    assert any(one.kind == "guide" and one.number is None for one in work)
    assert any(one.kind == "guide" and one.number is not None for one in work)
    for one in work:
        if one.number is None:
            assert (one.kind, one.code, one.typed) == ("guide", None, "")
            continue
        dossier = lives[one.number]
        assert not dossier.typed_code
        shown = {fact.state.code for fact in dossier.facts if fact.state is not None}
        assert one.code in shown
        at = {fact.kind: fact.at for fact in reversed(dossier.facts)}
        if one.kind == "receive":
            assert one.day == at[Kind.RECEIVED].date() or one.began_at > at[Kind.RECEIVED]
        elif one.scanned == "components":
            assert one.began_at >= at[Kind.RECEIVED]
            assert one.outcome == "failed" or one.files == sum(paper.digitized and not paper.reused for paper in dossier.components)
        elif one.scanned == "result":
            assert one.began_at >= at[Kind.FINISHED]
        elif one.kind == "return":
            assert one.began_at >= at[Kind.FINISHED] or one.day == at[Kind.RETURNED].date()
        assert (one.scanned is None) == (one.kind != "digitize") == (one.signed is None)
        assert (one.pages > 0) == (one.kind == "digitize") or one.outcome == "failed"


def test_a_recoded_dossier_is_typed_as_it_was_called_at_that_moment(province: Province, work: list[Piece]) -> None:
    recoded = {dossier.number: dossier for dossier in province.dossiers if any(fact.kind is Kind.RECODED for fact in dossier.facts)}
    found = [one for one in work if one.number in recoded and one.kind != "receive"]
    assert found
    for one in found:
        assert one.number is not None
        fact = recoded[one.number].last_fact(one.began_at + timedelta(seconds=1))
        assert fact is not None
        assert fact.state is not None
        assert fact.state.code == one.code or one.kind == "return"


def test_every_spelling_occurs_and_means_its_dossier_or_none(province: Province, work: list[Piece]) -> None:
    counts = Counter(one.spelling for one in work if one.number is not None)
    assert set(counts) == set(SPELLINGS)
    assert 0.75 < counts["exact"] / counts.total() < 0.85
    taken = {same(fact.state.code) for dossier in province.dossiers if not dossier.typed_code for fact in dossier.facts if fact.state is not None}
    for one in work:
        if one.code is None or one.spelling == "missing":
            assert one.typed == ""
        elif one.spelling == "another":
            assert same(one.typed) in taken - {same(one.code)}
        elif one.spelling in SLIPS:
            assert meant(one.typed) not in taken
            assert slipped(one.spelling, one.typed, one.code)
        else:
            assert (one.typed == one.code) == (one.spelling == "exact")
            assert read_back(one.typed) == same(one.code)


def meant(typed: str) -> Any:
    """What a text would be the code of, if it is one."""
    try:
        return same(typed)
    except (ValueError, IndexError):
        return None


def slipped(slip: str, typed: str, code: str) -> bool:
    """Whether a text is a code with such a slip, told by counting."""
    pairs = list(zip(typed, code, strict=False))
    wrong = [place for place, (a, b) in enumerate(pairs) if a != b]
    match slip:
        case "swapped":
            return len(wrong) == 2 and wrong[1] == wrong[0] + 1 and sorted(typed) == sorted(code)
        case "dropped":
            return len(typed) == len(code) - 1 and any(code[:at] + code[at + 1 :] == typed for at in range(len(code)))
        case "doubled":
            return len(typed) == len(code) + 1 and any(code[:at] + code[at] + code[at:] == typed for at in range(len(code)) if code[at].isdigit())
        case "two_digits":
            return len(typed) == len(code) and len(wrong) == 2
        case "look_alike":
            return len(wrong) == 1 and {"I": "1", "B": "8", "S": "5", "Z": "2"}[typed[wrong[0]]] == code[wrong[0]]
        case _:
            place = {"agency": range(code.index("-")), "date": range(code.index("-"), code.rindex("-")), "digit": range(code.rindex("-"), len(code))}[
                slip
            ]
            return len(typed) == len(code) and len(wrong) == 1 and wrong[0] in place


def read_back(typed: str) -> Any:
    """A plain reading of a spelling, for these tests: even case, spaces and O, then cut by what the parts look like."""
    even = typed.replace(" ", "").upper().replace("O", "0")
    for separator in "/_":
        even = even.replace(separator, ".")
    if "." not in even:
        even = f"{even[:3]}.{even[3:5]}.{even[5:7]}.{even[7:10]}-{even[10:16]}-{even[16:]}"
    parts = even.replace("-", ".").split(".")
    return same(f"{'.'.join(parts[:-2])}-{parts[-2]}-{parts[-1]}")


@pytest.mark.parametrize("code", ["000.05.33.H47-220801-0007", "000.00.33.H47-220801-0120", "H47.33-220801-0120", "H47.33.05-220801-0007"])
def test_spellings_of_both_orders_mean_the_same_code(code: str) -> None:
    rng = random.Random(1)
    for spelling in SPELLINGS:
        for _ in range(40):
            others = {f"{code[:-1]}9"} if spelling == "another" else set()
            typed = spell(rng, code, spelling, frozenset({same(code), *map(same, others)}))
            assert (typed == code) == (spelling == "exact")
            if spelling in SLIPS and spelling != "another":
                assert slipped(spelling, typed, code)
            if spelling not in UNRESOLVABLE:
                assert read_back(typed) == same(code)
    assert spell(rng, code, "missing", frozenset()) == ""


def test_codes_of_both_orders_are_one() -> None:
    assert same("000.05.33.H47-220801-0001") == same("H47.33.05-220801-1") == same("H47.33.05.000-220801-0001")
    assert same("000.00.33.H47-220801-0001") == same("H47.33-220801-0001") != same("H47.33-220801-0002")
    assert same("000.33.00.H47-220801-0001") != same("000.00.33.H47-220801-0001")
    with pytest.raises(ValueError):
        same("HS 12 ngày 01.06")


def test_clerks_are_nobody_who_filed_and_work_at_one_office(province: Province, work: list[Piece]) -> None:
    applicants = {dossier.person.identifier for dossier in province.dossiers}
    offices: dict[str, set[str]] = {}
    for one in work:
        assert one.clerk not in applicants
        assert len(one.clerk) == 12
        offices.setdefault(one.clerk, set()).add(one.office)
    assert all(len(places) == 1 for places in offices.values())
    names = {dossier.person.name for dossier in province.dossiers}
    assert not any(str(value) in names for one in work for value in (one.typed, one.code, one.clerk, one.office, one.unit))


def test_no_two_pieces_have_one_key(work: list[Piece]) -> None:
    assert len({(one.office, one.kind, one.typed.strip(), one.began_at, one.clerk) for one in work}) == len(work)


def test_the_truth_of_a_handmade_list() -> None:
    scan: dict[str, Any] = {"kind": "digitize", "scanned": "components", "pages": 7, "files": 2, "signed": True}
    made = [
        piece(1),
        piece(1, **scan),
        piece(1, **{**scan, "scanned": "result", "pages": 1, "files": 1}, day=B),
        piece(1, **scan, day=B, spelling="lower", typed=f"{DESK}-220601-0001".lower()),  # scanned again: the dossier counts on A alone
        piece(2, **{**scan, "pages": 3, "files": 0}, outcome="failed"),
        piece(2, "return", day=B, spelling="digit", typed=f"{DESK}-220601-0099"),
        piece(3, spelling="missing", typed=""),
        piece(4, day=B, unit="000.00.17.H47"),
        piece(None, "guide"),
        piece(5, "guide", spelling="digit", typed="000.00.33.H47-220601-0098"),
        piece(6, "return", day=date(2022, 6, 3)),
    ]
    a, b, other = (A, DESK, OFFICE), (B, DESK, OFFICE), (B, "000.00.17.H47", OFFICE)
    assert truth(made, B) == {
        ("guided", *a): 2,
        ("received", *a): 2,
        ("digitized", *a): 1,
        ("failed", *a): 1,
        ("pages", *a): 7,
        ("files", *a): 2,
        ("dossiers", *a): 2,
        ("received_by_post", *a): 1,
        ("components_digitized_by_post", *a): 1,
        ("unmatched", *a): 1,
        ("digitized", *b): 2,
        ("returned", *b): 1,
        ("pages", *b): 8,
        ("files", *b): 3,
        ("dossiers", *b): 1,
        ("results_digitized_by_post", *b): 1,
        ("unmatched", *b): 1,
        ("received", *other): 1,
        ("dossiers", *other): 1,
        ("received_by_post", *other): 1,
    }
    assert {key for key in truth(made, A) if key[1] != A} == set()
    unknown = truth(made, B, known={2, 3, 4})
    assert unknown["unmatched", *a] == 3
    assert ("received_by_post", *a) not in unknown


def test_the_truth_of_a_province_adds_up(work: list[Piece]) -> None:
    total: Counter[str] = Counter()
    for (measure, *_), count in truth(work, LAST).items():
        total[measure] += count
    assert sum(total[measure] for measure in ("guided", "received", "digitized", "returned", "failed")) == len(work)
    assert total["received_by_post"] == len({one.number for one in work if one.kind == "receive" and one.outcome == "done" and one.resolvable})
    assert total["unmatched"] == sum(one.kind != "guide" and one.spelling in UNRESOLVABLE for one in work)
    assert set(total) >= {"components_digitized_by_post", "results_digitized_by_post", "pages", "files", "dossiers"}


# Files


def told(piece: Piece) -> dict[str, Any]:
    """What a file can tell of a piece."""
    told = {name: getattr(piece, name) for name in ("kind", "scanned", "office", "unit", "clerk", "began_at", "ended_at", "signed", "outcome")}
    scans = piece.kind == "digitize"
    return {**told, "typed": piece.typed or None, "pages": piece.pages if scans else None, "files": piece.files if scans else None}


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file, cells without a value as None."""
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as stream:
            yield from ({name: cell or None for name, cell in row.items()} for row in csv.DictReader(stream))
    elif path.suffix == ".jsonl":
        yield from (json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())
    else:
        header, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()
        yield from ({str(name): None if cell == "" else cell for name, cell in zip(header, row, strict=True)} for row in rows)


def read_file(path: Path) -> list[dict[str, Any]]:
    """The pieces that a file tells, by its mapping."""
    columns = post_files.mappings()[f"mappings/buu_dien_{path.suffix[1:]}.yaml"]["columns"]
    found = []
    for row in rows_of(path):
        values: dict[str, Any] = {}
        for name, mapping in columns.items():
            if name == "code":
                continue
            cell = row[mapping["from"] if isinstance(mapping, dict) else mapping]
            if isinstance(mapping, dict) and "codes" in mapping and cell is not None:
                cell = mapping["codes"][cell]
            if name in ("began_at", "ended_at") and isinstance(cell, str):
                cell = datetime.fromisoformat(cell) if path.suffix == ".jsonl" else datetime.strptime(cell, mapping["format"])  # noqa: DTZ007
            if name in ("pages", "files") and cell is not None:
                assert isinstance(cell, str) == (path.suffix == ".csv")
                cell = int(cell)
            if name == "signed" and cell is not None:
                cell = cell in (1, "true")
            values[{"dossier_as_typed": "typed", "clerk_id": "clerk"}.get(name, name)] = cell
        found.append({**values, "outcome": values["outcome"] or "done"})
    return found


def test_files_hold_the_work_of_a_day_and_nothing_else(work: list[Piece], tmp_path: Path) -> None:
    seen: Counter[str] = Counter()
    for day in sorted({one.day for one in work})[10:18]:
        for path in write_day(work, tmp_path, day):
            form = path.suffix[1:]
            assert path == tmp_path / "data" / "buu_dien" / f"{form}_{day}.{form}"
            expected = [told(one) for one in work if one.day == day and form_of(one.office) == form]
            assert read_file(path) == expected
            seen[form] += len(expected)
    assert set(seen) == set(FORMS)
    sheet = next(tmp_path.rglob("*.xlsx"))
    assert all(set(row) == set(COLUMNS) and isinstance(row["Bắt đầu"], datetime) for row in rows_of(sheet))


def test_a_day_without_work_has_no_file(work: list[Piece], tmp_path: Path) -> None:
    assert write_day(work, tmp_path, date(2022, 1, 9)) == []


def test_the_same_work_is_the_same_bytes(work: list[Piece], tmp_path: Path) -> None:
    day = work[len(work) // 2].day
    once, again = write_day(work, tmp_path / "a", day), write_day(work, tmp_path / "b", day)
    assert [path.read_bytes() for path in once] == [path.read_bytes() for path in again]


def test_a_correction_comes_under_the_old_name_with_what_stands_then(work: list[Piece], tmp_path: Path) -> None:
    planned = corrections(work, seed=5)
    assert planned == corrections(work, seed=5)
    assert {form for _, _, form in planned} == set(FORMS)
    assert all(day < sent and is_working_day(sent) for sent, day, _ in planned)
    standing = work
    for _, day, form in planned:
        write_day(standing, tmp_path, day)
        before = (tmp_path / "data" / "buu_dien" / f"{form}_{day}.{form}").read_bytes()
        path, after = write_correction(standing, tmp_path, day, form, seed=5)
        assert path.read_bytes() != before
        mine = [one for one in after if one.day == day and form_of(one.office) == form]
        assert read_file(path) == [told(one) for one in mine]
        assert not any(one.spelling in UNRESOLVABLE for one in mine if one.number is not None)
        others = [one for one in standing if one not in mine and not (one.day == day and form_of(one.office) == form)]
        assert [one for one in after if one not in mine] == others
        standing = after
    assert truth(standing, LAST) != truth(work, LAST)
    assert corrected(work, date(2022, 1, 9), "csv", seed=5) == work
    with pytest.raises(ValueError):
        write_correction(work, tmp_path, date(2022, 1, 9), "csv", seed=5)


def test_the_project_reads_all_three_kinds(work: list[Piece], tmp_path: Path) -> None:
    project(tmp_path, date(2022, 1, 1))
    settings = yaml.safe_load((tmp_path / "qn.yaml").read_text(encoding="utf-8"))
    settings["sources"] |= post_files.sources()
    (tmp_path / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    for path, mapping in post_files.mappings().items():
        (tmp_path / path).write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
    loaded = load_project(tmp_path).sources_of("postal_events")
    assert [source.system for source in loaded] == ["buu_dien"] * 3
    for source in loaded:
        assert isinstance(source, FileSource)
        assert source.sealed_columns
        assert set(source.contract.names) == set(source.mapping.columns)


def test_a_code_as_typed_right_is_a_code_of_the_contract(work: list[Piece]) -> None:
    assert all(re.fullmatch(DOSSIER_CODE, one.typed) for one in work if one.spelling in ("exact", "another"))
