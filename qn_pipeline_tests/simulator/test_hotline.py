"""The 1022 hotline: contacts and their lives, what they add up to, and the list of a night."""

import csv
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from qn_pipeline.project import FileSource, load_project
from qn_pipeline.simulator import hotline_files
from qn_pipeline.simulator.calendar import deadline, is_working_day
from qn_pipeline.simulator.files import end_of, project
from qn_pipeline.simulator.hotline import LIMITS, Contact, ContactFact, ContactKind, ContactState, contacts, rows, truth
from qn_pipeline.simulator.hotline_files import COLUMNS, PERSONAL, write_snapshot
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.people import Person
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.units import UNIT_BY_CODE, UNITS

LAST = datetime(2030, 1, 1)  # noqa: DTZ001 -- local and naive
DESK, OTHER = "000.00.33.H47", "000.00.17.H47"
SOMEBODY = Person("Nguyễn Văn Ánh An", "049000000001", "0900000001", "an.nguyen1@example.vn", "Số 1")
JUNE, JULY = date(2022, 6, 1), date(2022, 7, 1)


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(1500, 3, seed=5, typed_codes=0.02)


@pytest.fixture(scope="module")
def made(province: Province) -> list[Contact]:
    return contacts(province, seed=5)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2022-{text}")


def contact(number: int, kind: ContactKind, *told: tuple[str, dict[str, Any]], received: str = "06-06 08:00") -> Contact:
    """A contact from its reception on, with what changes when."""
    facts = [ContactFact(at(received), ContactState("new", DESK))]
    facts += [ContactFact(at(when), ContactState("new", DESK)) for when, _ in told]
    for place, (_, changes) in enumerate(told, start=1):
        facts[place] = replace(facts[place], state=replace(facts[place - 1].state, **changes))
    return Contact(f"1022-{number}", kind, "Zalo", "Du lịch", SOMEBODY, "Hỏi", at(received), tuple(facts))


def forwarded(when: str, due: str, unit: str = DESK) -> tuple[str, dict[str, Any]]:
    return when, {"status": "processing", "unit": unit, "forwarded_at": at(when), "due_at": at(due)}


def answered(when: str) -> tuple[str, dict[str, Any]]:
    return when, {"status": "answered", "answered_at": at(when)}


HANDMADE = [
    contact(1, "inquiry", forwarded("06-06 08:10", "06-08 08:10"), answered("06-08 08:10"), ("06-09 08:00", {"satisfied": True})),
    contact(2, "inquiry", forwarded("06-06 08:10", "06-08 08:10"), answered("06-08 08:11"), ("06-09 08:00", {"satisfied": False})),
    contact(3, "complaint", forwarded("06-06 08:10", "06-27 08:10"), answered("07-01 09:00"), ("07-02 08:00", {"complained_again": True})),
    contact(4, "complaint", forwarded("06-06 08:10", "06-27 08:10"), forwarded("06-20 08:00", "07-11 08:00", OTHER)),
    contact(5, "proposal", ("06-07 08:00", {"status": "refused"})),
    contact(6, "proposal", ("06-07 08:00", {"status": "forwarded"})),
    contact(7, "complaint", forwarded("06-06 08:10", "06-27 08:10"), ("06-08 08:00", {"status": "awaiting_supplement"})),
    contact(8, "inquiry", received="07-04 20:00"),
    contact(9, "inquiry", received="07-30 20:00"),
]


def told(nights: list[datetime]) -> dict[tuple[str, date, str], int]:
    """The truth without its splits by kind."""
    return {key: count for key, count in truth(HANDMADE, nights).items() if not key[0].endswith(("_inquiry", "_complaint", "_proposal"))}


def test_the_truth_of_a_handmade_list() -> None:
    night = end_of(date(2022, 7, 11))
    assert told([at("06-07 00:00"), night]) == {
        ("received", JUNE, DESK): 6,
        ("received", JUNE, OTHER): 1,
        ("received", JULY, DESK): 1,
        ("answered", JUNE, DESK): 2,
        ("answered_on_time", JUNE, DESK): 1,
        ("answered_late", JUNE, DESK): 1,
        ("rated", JUNE, DESK): 2,
        ("satisfied", JUNE, DESK): 1,
        ("answered", JULY, DESK): 1,
        ("answered_late", JULY, DESK): 1,
        ("complained_again", JULY, DESK): 1,
        ("refused", JUNE, DESK): 1,
        ("elsewhere", JUNE, DESK): 1,
        ("awaiting_supplement", JUNE, DESK): 1,
        ("awaiting_past", JUNE, DESK): 1,
        ("open_past", JUNE, OTHER): 1,
        ("open_within", JULY, DESK): 1,
    }
    by_kind = truth(HANDMADE, [night])
    assert by_kind["received_complaint", JUNE, DESK] == 2
    assert by_kind["complained_again_complaint", JULY, DESK] == 1
    assert ("complained_again_inquiry", JULY, DESK) not in by_kind


def test_the_truth_is_that_of_the_last_night() -> None:
    early = told([at("06-07 00:00")])
    assert early == {("received", JUNE, DESK): 7, ("open_within", JUNE, DESK): 7}
    # The moment that is due has not passed at itself, and has a minute later.
    assert told([at("07-11 08:00")])["open_within", JUNE, OTHER] == 1
    assert told([at("07-11 08:01")])["open_past", JUNE, OTHER] == 1


def test_what_is_shown_at_a_moment_is_what_happened_before_it() -> None:
    assert [row.contact.code for row in rows(HANDMADE, at("06-06 08:00"))] == []
    assert {row.state.status for row in rows(HANDMADE, at("06-06 08:01"))} == {"new"}
    [first, *_] = rows(HANDMADE, at("06-08 08:11"))
    assert (first.state.status, first.updated_at) == ("answered", at("06-08 08:10"))
    assert first.state.satisfied is None


def test_the_same_seed_gives_the_same_contacts_and_another_one_others(province: Province, made: list[Contact]) -> None:
    assert contacts(province, seed=5) == made
    assert contacts(province, seed=6) != made


def test_so_many_come_in_a_day_and_most_only_ask(province: Province, made: list[Contact]) -> None:
    working = [one for one in made if is_working_day(one.received_at.date())]
    days = {one.received_at.date() for one in working}
    assert 35 < len(working) / len(days) < 47
    assert len(contacts(province, seed=5, a_day=4)) < len(made) / 7
    assert len({one.code for one in made}) == len(made)
    kinds = Counter(one.kind for one in made)
    assert kinds["inquiry"] > 0.8 * len(made) > kinds["complaint"] > kinds["proposal"] > 0
    assert 0.06 < sum(one.dossier is not None for one in made) / len(made) < 0.12
    assert Counter(one.channel for one in made).most_common(1)[0][0] == "Chatbot"


def test_a_contact_about_a_dossier_names_one_that_was_there(province: Province, made: list[Contact]) -> None:
    codes = {fact.state.code: dossier for dossier in province.dossiers for fact in dossier.facts if fact.state is not None}
    for one in made:
        if one.dossier is not None:
            dossier = codes[one.dossier]
            fact = dossier.last_fact(one.received_at)
            assert not dossier.typed_code
            assert fact is not None
            assert fact.state is not None
            assert fact.state.code == one.dossier


def test_lives_are_in_order_and_say_what_they_mean(made: list[Contact]) -> None:
    seen: Counter[str] = Counter()
    for one in made:
        assert one.facts[0] == ContactFact(one.received_at, ContactState("new", one.facts[0].state.unit))
        assert all(a.at < b.at for a, b in zip(one.facts, one.facts[1:], strict=False))
        for fact in one.facts:
            state = fact.state
            seen[state.status] += 1
            assert fact.at.second == fact.at.microsecond == 0
            assert UNIT_BY_CODE[state.unit].valid_on(fact.at.date()) or state.status not in ("new", "processing")
            assert (state.forwarded_at is None) == (state.due_at is None)
            assert state.forwarded_at is None or state.due_at == deadline(state.forwarded_at, days=LIMITS[one.kind])
            assert (state.answered_at is None) == (state.status != "answered")
            assert state.answered_at is None or one.received_at < state.answered_at <= fact.at
            assert state.status == "answered" or (state.satisfied is None and not state.complained_again)
    assert set(seen) == {"new", "processing", "answered", "refused", "forwarded", "awaiting_supplement"}


def test_some_are_answered_late_some_never_some_just_in_time(made: list[Contact]) -> None:
    ends = [(one, one.facts[-1].state) for one in made]
    by = Counter((state.answered_at > state.due_at) - (state.answered_at < state.due_at) for _, state in ends if state.answered_at and state.due_at)
    assert by[-1] > by[1] > by[0] > 0
    assert any(state.answered_at and state.due_at and state.answered_at - state.due_at == timedelta(minutes=1) for _, state in ends)
    assert any(state.status == "processing" for _, state in ends)
    assert any(len({fact.state.unit for fact in one.facts}) > 1 for one, _ in ends)
    assert {state.satisfied for _, state in ends} == {None, True, False}
    assert any(state.complained_again for _, state in ends)


def test_every_contact_is_in_one_place(made: list[Contact]) -> None:
    for night in (datetime(2022, 2, 1), datetime(2022, 3, 16), LAST):  # noqa: DTZ001 -- local and naive
        total: Counter[str] = Counter()
        for (measure, *_), count in truth(made, [night]).items():
            total[measure] += count
        places = ("answered", "open_within", "open_past", "refused", "elsewhere", "awaiting_supplement")
        assert total["received"] == sum(total[place] for place in places) == sum(one.received_at < night for one in made)
        assert total["awaiting_supplement"] == total["awaiting_within"] + total["awaiting_past"]
        assert total["answered"] == total["answered_on_time"] + total["answered_late"]
        for measure in ("received", *places, "rated"):
            assert total[measure] == sum(total[f"{measure}_{kind}"] for kind in LIMITS)
    assert total["open_within"] == 0 < total["open_past"]


def test_an_open_contact_goes_to_the_unit_that_comes_after(province: Province) -> None:
    around = simulate(50, 2, seed=3, start=date(2025, 6, 1))
    over = contacts(around, seed=3, a_day=60)
    for row in rows(over, LAST):
        if row.state.status == "processing":
            assert UNIT_BY_CODE[row.state.unit].valid_to is None
    gone = {unit.code for unit in UNITS if unit.valid_to == date(2025, 6, 30)}
    moved = [one for one in over if {fact.state.unit for fact in one.facts} & gone and one.facts[-1].state.unit not in gone]
    assert moved


# Files


def test_a_snapshot_holds_every_contact_as_it_is_shown(made: list[Contact], tmp_path: Path) -> None:
    day = date(2022, 2, 15)
    path = write_snapshot(made, tmp_path, day)
    assert path == tmp_path / "data" / "1022" / "phan_anh_2022-02-15.csv"
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    mapping = hotline_files.mappings()["mappings/phan_anh_1022.yaml"]["columns"]
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = list(csv.DictReader(stream, delimiter=";"))
    shown = list(rows(made, end_of(day)))
    assert len(lines) == len(shown) > 500
    for line, row in zip(lines, shown, strict=True):
        assert tuple(line) == COLUMNS
        read: dict[str, Any] = {}
        for name, told in mapping.items():
            cell: Any = line[told["from"] if isinstance(told, dict) else told] or None
            if isinstance(told, dict) and "codes" in told and cell is not None:
                cell = told["codes"][cell]
            if isinstance(told, dict) and "format" in told and cell is not None:
                cell = datetime.strptime(cell, told["format"])  # noqa: DTZ007 -- local and naive
            read[name] = {"true": True, "false": False}.get(cell, cell) if name in ("satisfied", "complained_again") else cell
        state, one = row.state, row.contact
        assert read == {
            **{name: getattr(one, name) for name in ("code", "kind", "channel", "topic", "received_at", "dossier")},
            **{name: getattr(state, name) for name in ("unit", "status", "forwarded_at", "due_at", "answered_at", "satisfied", "complained_again")},
            "updated_at": row.updated_at,
        }


def test_people_are_told_in_columns_that_the_mapping_drops_and_in_no_other(made: list[Contact], tmp_path: Path) -> None:
    [mapping] = hotline_files.mappings().values()
    wanted = {told["from"] if isinstance(told, dict) else told for told in mapping["columns"].values()}
    assert set(mapping["ignore"]) == set(PERSONAL) == set(COLUMNS) - wanted
    people = {text for one in made for text in (one.person.name, one.person.phone, one.person.identifier)}
    with write_snapshot(made, tmp_path, date(2022, 3, 31)).open(encoding="utf-8-sig", newline="") as stream:
        for line in csv.DictReader(stream, delimiter=";"):
            assert line["Họ tên"] in people
            assert not people & {line[column] for column in wanted}


def test_the_project_reads_the_snapshots(tmp_path: Path) -> None:
    project(tmp_path, date(2022, 1, 1))
    settings = yaml.safe_load((tmp_path / "qn.yaml").read_text(encoding="utf-8"))
    settings["sources"] |= hotline_files.sources()
    (tmp_path / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    for path, mapping in hotline_files.mappings().items():
        (tmp_path / path).write_text(yaml.safe_dump(mapping, allow_unicode=True), encoding="utf-8")
    [source] = load_project(tmp_path).sources_of("feedback")
    assert isinstance(source, FileSource)
    assert (source.delivers, source.delimiter, source.system) == ("snapshot", ";", "1022")
    assert set(source.contract.names) == set(source.mapping.columns)
