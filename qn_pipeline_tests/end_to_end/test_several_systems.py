"""Dossiers that several systems tell: a change of system, the national portal's copy, codes in several spellings, and precedence."""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.simulator import files
from qn_pipeline.simulator.files import end_of, write_night
from qn_pipeline.simulator.lives import Dossier, Fact, Kind, Province, Row
from qn_pipeline.simulator.projects import CONNECTION, NATIONAL, write_project
from qn_pipeline.simulator.server import Handle, serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.systems import Handover, NationalCopy
from qn_pipeline.warehouse.engines import Row as Found
from qn_pipeline_tests.figures import NOT_TOLD_BY_OPENCPS, Figures, Truth, counting, differences, published, truth
from qn_pipeline_tests.support import Pipeline, dossier, engine_environment, write_csv
from qn_pipeline_tests.support import write_project as write_small_project

OLD = "he_thong_cu"
SWITCH = date(2022, 3, 16)
# Before the change, the first night of the new system, two weeks on, and a night that closes a month.
HANDOVER_NIGHTS = [
    (date(2022, 1, 1), date(2022, 3, 14)),
    (date(2022, 3, 15), SWITCH),
    (date(2022, 3, 17), date(2022, 3, 29)),
    (date(2022, 3, 30), date(2022, 4, 30)),
]
# The last one closes months: until then late corrections of closed dossiers may be unseen.
NATIONAL_NIGHTS = [(date(2022, 1, 1), date(2022, 3, 14)), (date(2022, 3, 15), date(2022, 3, 15)), (date(2022, 3, 16), date(2022, 4, 30))]


@dataclass(frozen=True)
class Night:
    """What was published and what is true; `listed` are the disagreements: code, the other system's code, column."""

    last: date
    figures: Figures
    true: Truth
    listed: list[Found]


@dataclass(frozen=True)
class Replayed:
    """A province's nights on one engine."""

    pipeline: Pipeline
    nights: list[Night]

    def query(self, sql: str) -> list[Found]:
        """Asks the warehouse after the last night, which a test's clean environment does not know."""
        with self._environment():
            return self.pipeline.query(sql)

    def read(self, sql: str) -> list[Found]:
        """Asks what is published after the last night."""
        with self._environment():
            return self.pipeline.warehouse.read(sql)[1]

    @contextmanager
    def _environment(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            if self.pipeline.url:
                patch.setenv("QN_WAREHOUSE_URL", self.pipeline.url)
            yield


@dataclass(frozen=True)
class Setting:
    """A project that is ready to be run, the server that it pulls, and what the systems that send files do at the end of a day."""

    pipeline: Pipeline
    system: Handle
    send: Callable[[date], Any]
    true: Callable[[date], Truth]


def replay(setting: Setting, nights: list[tuple[date, date]]) -> Replayed:
    pipeline, done = setting.pipeline, []
    pipeline.url = os.environ.get("QN_WAREHOUSE_URL")
    for first, last in nights:
        days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
        setting.system.set_clock(end_of(last))
        for day in sent(first, last):
            setting.send(day)
        pipeline.run(*days, select="*", command="run")
        pipeline.warehouse.publish()
        _, listed = pipeline.warehouse.read("select code, other_code, column_name from marts.dossier_disagreement")
        done.append(Night(last, published(pipeline), setting.true(last), listed))
    return Replayed(pipeline, done)


def sent(first: date, last: date) -> list[date]:
    """The days of a run at whose end files are sent."""
    days = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return sorted({*days[::10], last})


def demand_truth(night: Night, told_by_one: bool = False) -> None:
    """`told_by_one`: the old system tells what OpenCPS does not, so these figures are those of its dossiers alone and are not compared."""
    wrong = differences(night.figures, night.true, ("month", "year"), NOT_TOLD_BY_OPENCPS)
    assert {key: counts for key, counts in wrong.items() if not (told_by_one and key[0] in NOT_TOLD_BY_OPENCPS)} == {}
    assert counting(night.figures) >= {
        "dossiers_received",
        "dossiers_settled_early",
        "dossiers_settled_late",
        "dossiers_paused",
        "index_2_1",
        "index_3_6",
    }


# A change of system


def fated(province: Province, at: datetime, switch: datetime) -> Province:
    """The province in which, at a moment after the switch, some dossiers of each system are deleted and some get another code."""
    left = {(is_open, kind): 3 for is_open in (True, False) for kind in (Kind.DELETED, Kind.RECODED)}

    def fate(one: Dossier) -> Dossier:
        standing, fact = one.last_fact(switch), one.last_fact(at)
        if standing is None or standing.state is None or fact is None or fact.state is None or one.facts[-1] is not fact:
            return one
        is_open = standing.state.status in (1, 2, 4, 5, 6)
        kind = next((kind for kind in (Kind.DELETED, Kind.RECODED) if left[is_open, kind]), None)
        if kind is None:
            return one
        left[is_open, kind] -= 1
        state = replace(fact.state, code=f"{fact.state.code[:-4]}{9000 + left[is_open, kind] + 10 * is_open}")
        return replace(one, facts=(*one.facts, Fact(at, kind, None if kind is Kind.DELETED else state)))

    changed = replace(province, dossiers=tuple(fate(one) for one in province.dossiers))
    assert set(left.values()) == {0}
    return changed


@pytest.fixture(scope="module")
def handover() -> Handover:
    switch = datetime.combine(SWITCH, time())
    return Handover(fated(simulate(900, 4, seed=7), datetime(2022, 3, 22, 10), switch), switch)  # noqa: DTZ001 -- local and naive


def write_handover_project(folder: Path, url: str, start: date) -> None:
    """The new system is pulled; the old one delivers all it has, in files of the national shape."""
    write_project(folder, url, start)
    files.project(folder / "old", start)
    shutil.move(folder / "old" / "mappings" / "mot_cua.yaml", folder / "mappings" / "he_thong_cu.yaml")
    shutil.rmtree(folder / "old")
    settings = yaml.safe_load((folder / "qn.yaml").read_text(encoding="utf-8"))
    old = {"entity": "dossiers", "files": "data/ho_so_{day}.jsonl", "delivers": "snapshot", "mapping": "mappings/he_thong_cu.yaml"}
    settings |= {"sources": {OLD: old, **settings["sources"]}, "precedence": [CONNECTION, OLD]}
    (folder / "qn.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.soak)])
def changed_over(request: pytest.FixtureRequest, handover: Handover, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    folder = tmp_path_factory.mktemp("handover")
    with (
        engine_environment(request.param, request),
        serving(handover.after, end_of(HANDOVER_NIGHTS[0][1])) as system,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("QN_SECRET_MOT_CUA", system.token)
        write_handover_project(folder, system.url, handover.province.start)
        setting = Setting(
            Pipeline(folder), system, lambda day: write_night(handover.before, folder, day), lambda last: handover_truth(handover, last)
        )
        yield replay(setting, HANDOVER_NIGHTS)


def handover_truth(handover: Handover, last: date) -> Truth:
    """What both systems tell together: the old one in files of what it shows, the new one with steps, each of its own dossiers."""
    runs = [run for run in HANDOVER_NIGHTS if run[1] <= last]
    shown = [end_of(day) for run in runs for day in sent(*run)]
    pulled = [end_of(run[1]) for run in runs if end_of(run[1]) > handover.switch]
    moved = {
        dossier.number
        for dossier in handover.province.dossiers
        if pulled and ((at_switch := dossier.last_fact(handover.switch)) is None or (at_switch.state and at_switch.state.status in (1, 2, 4, 5, 6)))
    }
    old, new = (
        replace(handover.province, dossiers=tuple(dossier for dossier in handover.province.dossiers if (dossier.number in moved) == is_new))
        for is_new in (False, True)
    )
    # The old system tells no limits, and the procedures of the new one have none.
    told = truth(old, shown, told_by="versions", tells_limits=False)
    if not pulled:
        return told
    also = truth(new, pulled)
    return Truth(Counter(told.by_unit) + Counter(also.by_unit), Counter(told.by_desk) + Counter(also.by_desk))


@pytest.mark.parametrize("night", range(len(HANDOVER_NIGHTS)), ids=str)
def test_figures_are_true_while_the_system_changes(changed_over: Replayed, night: int) -> None:
    demand_truth(changed_over.nights[night], told_by_one=True)


def test_each_dossier_is_counted_once_and_from_the_system_it_lives_in(changed_over: Replayed, handover: Handover) -> None:
    """None twice, none lost: those handed over from the new system, also where the old one has not moved on."""
    now = end_of(HANDOVER_NIGHTS[-1][1])
    new = {row.state.code: (CONNECTION, row.state.status) for row in handover.after.rows(now)}
    closed = {row.state.code: (OLD, row.state.status) for row in handover.before.rows(now) if row.dossier.number not in handed_over(handover)}
    counted = changed_over.query("select code, system, status from core.fct_dossier where is_counted")
    assert len(counted) == len(new) + len(closed)
    assert {code: (system, status) for code, system, status in counted} == new | closed


def handed_over(handover: Handover) -> set[int]:
    return {row.dossier.number for row in handover.after.rows(handover.switch + timedelta(microseconds=1)) if row.dossier.last_fact(handover.switch)}


def test_what_the_new_system_deleted_or_gave_another_code_is_not_counted_from_the_old_one(changed_over: Replayed, handover: Handover) -> None:
    moved = handed_over(handover)
    standing = {row.state.code for row in handover.before.rows(end_of(HANDOVER_NIGHTS[-1][1])) if row.dossier.number in moved}
    living = {row.state.code for row in handover.province.rows(end_of(HANDOVER_NIGHTS[-1][1]))}
    gone = standing - living
    assert len(gone) >= 6
    told = {code: counted for code, counted in changed_over.query(f"select code, is_counted from core.fct_dossier where system = '{OLD}'")}  # noqa: C416
    assert {code: told[code] for code in standing} == dict.fromkeys(standing, False)


# The national copy


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(900, 4, seed=11)


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.soak)])
def with_copy(request: pytest.FixtureRequest, province: Province, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replayed]:
    folder = tmp_path_factory.mktemp("copy")
    with (
        engine_environment(request.param, request),
        serving(province, end_of(NATIONAL_NIGHTS[0][1]), NationalCopy(province)) as system,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("QN_SECRET_MOT_CUA", system.token)
        patch.setenv("QN_SECRET_DVCQG", system.password)
        write_project(folder, system.url, province.start, national=True)
        read = [end_of(last) for _, last in NATIONAL_NIGHTS]
        true = lambda last: truth(province, [night for night in read if night <= end_of(last)])  # noqa: E731
        yield replay(Setting(Pipeline(folder), system, lambda _: None, true), NATIONAL_NIGHTS)


@pytest.mark.parametrize("night", range(len(NATIONAL_NIGHTS)), ids=str)
def test_figures_are_true_beside_a_copy_that_lags_lacks_rewrites_and_keeps(with_copy: Replayed, night: int) -> None:
    demand_truth(with_copy.nights[night])


def test_the_copy_has_what_figures_must_not_count(with_copy: Replayed, province: Province) -> None:
    """So that the nights prove something: what was deleted, before the first pull too, and codes that are no more."""
    now, first = end_of(NATIONAL_NIGHTS[-1][1]), end_of(NATIONAL_NIGHTS[0][1])
    copied = {row.state.code for row in NationalCopy(province).rows(now)}
    kept = copied - {row.state.code for row in province.rows(now)}
    never_pulled = {row.state.code for row in NationalCopy(province).rows(first)} - {row.state.code for row in province.rows(first)}
    assert kept > never_pulled > set()
    told = dict(with_copy.query(f"select code, is_counted from core.fct_dossier where system = '{NATIONAL}'"))
    assert told == dict.fromkeys(copied, False)
    assert len({row.state.code for row in province.rows(now)} - copied) > 10


TOLD_BY_BOTH: dict[str, Callable[[Row], object]] = {
    "procedure": lambda row: row.dossier.procedure.code,
    "resolving_unit": lambda row: row.state.unit,
    "channel": lambda row: row.state.channel,
    "status": lambda row: row.state.status,
    "submitted_at": lambda row: seconds(row.state.submitted_at),
    "received_at": lambda row: seconds(row.state.received_at),
    "due_at": lambda row: seconds(row.state.due_at),
    "ended_at": lambda row: seconds(row.state.ended_at),
    "returned_at": lambda row: seconds(row.state.returned_at),
    "components_digitized": lambda row: any(component.digitized for component in row.dossier.components),
    "result_digitized": lambda row: "true" if row.state.ended_at is not None and row.state.result_digitized else "false",
    "online_payment": lambda row: row.state.payment,
    "applicant_kind": lambda row: row.dossier.applicant_kind,
}


def seconds(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment else ""


def pairs(province: Province, at: datetime) -> Iterator[tuple[Row, Row]]:
    """Each dossier and its copy, by the same code or, where there is none, another spelling of it."""
    copied = list(NationalCopy(province).rows(at))
    by_code, by_dossier = {row.state.code: row for row in copied}, {same_dossier(row.state.code): row for row in copied}
    for row in province.rows(at):
        copy = by_code.get(row.state.code) or by_dossier.get(same_dossier(row.state.code))
        if copy is not None:
            yield row, copy


@pytest.mark.parametrize("night", range(len(NATIONAL_NIGHTS)), ids=str)
def test_disagreements_are_those_of_a_plain_comparison(with_copy: Replayed, province: Province, night: int) -> None:
    listed = with_copy.nights[night].listed
    true = {
        (row.state.code, copy.state.code, name)
        for row, copy in pairs(province, end_of(with_copy.nights[night].last))
        for name, told_of in TOLD_BY_BOTH.items()
        if told_of(row) != told_of(copy)
    }
    assert sorted(listed) == sorted(true)
    assert {"status", "ended_at"} <= {name for _, _, name in true}


def test_disagreements_name_both_values(with_copy: Replayed, province: Province) -> None:
    both = {row.state.code: (row, copy) for row, copy in pairs(province, end_of(NATIONAL_NIGHTS[-1][1]))}
    rows = with_copy.read("select code, system, other_system, unit, column_name, value, other_value from marts.dossier_disagreement")
    assert {row[1:3] for row in rows} == {(CONNECTION, NATIONAL)}
    for code, _, _, unit, column, value, other in rows:
        row, copy = both[code]
        assert unit == row.state.unit
        assert (value or "", other or "") == (str(TOLD_BY_BOTH[column](row)), str(TOLD_BY_BOTH[column](copy)))


def test_disagreements_hold_nothing_personal(with_copy: Replayed) -> None:
    texts = {str(value) for row in with_copy.read("select * from marts.dossier_disagreement") for value in row}
    seals = {seal for (seal,) in with_copy.query("select distinct applicant_id from core.fct_dossier where applicant_id is not null")}
    assert len(seals) > 100
    assert not texts & seals
    assert {column for (column,) in with_copy.read("select distinct column_name from marts.dossier_disagreement")} <= set(TOLD_BY_BOTH)


# Codes


AGENCIES = {
    "000.00.00.H47": "H47",
    "000.00.33.H47": "H47.33",
    "000.05.33.H47": "H47.33.05",
    "001.05.33.H47": "H47.33.05.001",
    "000.00.05.H47": "H47.05",
    "000.33.00.H47": "H47.00.33",
    "000.33.05.H47": "H47.05.33",
    "000.00.33.H17": "H17.33",
}
"""Pairs that name one agency, each in the older order (small to large) and in the newer one."""
OTHER_FORMS = [
    *("000.00.33.H47", "H47.33", "H47.33-220801", "H47.33-220801-", "H47.33-2208011-1", "H47.33-220801-1a", "H47.33-220801-1-1", "-220801-1"),
    *(
        "h47.33-220801-0001",
        "00.00.33.H47-220801-0001",
        "H47.33.05.0-220801-01",
        "000.00.33.H4-220801-01",
        "0000.00.33.H47-220801-01",
        "H47.3-220801-01",
        "X-000.00.33.H47",
    ),
    *("receipt 17", "00017", "H47-33-220801-0001", "000.00.33.H47-220801-0001-220802-1234", "000.00.33.H47 - 220801 - 0001", "Đ47.33-220801-01"),
    *("000.00.33.H47-220801-\u0661", "H47.33-\uff12\uff12\uff10\uff18\uff10\uff11-01", "case-0007-220801-00012"),
]


def same_dossier(code: str) -> tuple[str, ...]:
    """What makes a code that dossier and no other, read by hand: agency from large to small, day, running number."""
    agency, *rest = code.split("-")
    parts = agency.split(".")
    if not code.isascii() or len(rest) not in (2, 4) or not all(part.isalnum() and part == part.upper() for part in parts):
        return (code,)
    if not all(part.isdecimal() for part in rest) or len(rest[0]) != 6 or not rest[1] or [len(part) for part in rest[2:]] not in ([], [6, 5]):
        return (code,)
    if [len(part) for part in parts] == [3, 2, 2, 3] and parts[-1][0].isalpha():
        parts.reverse()
    root, *below = parts
    shapes = [len(part) for part in below]
    if not (len(root) == 3 and root[0].isalpha() and root[1:].isdecimal() and all(part.isdecimal() for part in below)):
        return (code,)
    if shapes not in ([], [2], [2, 2], [2, 2, 2], [2, 2, 3]):
        return (code,)
    below += ["00", "00", "000"][len(below) :]
    return (root, *below, rest[0], str(int(rest[1])))


def spellings() -> list[str]:
    """Every agency in both orders, days, numbers with and without zeros, and tails; and codes of other forms."""
    agencies = {*AGENCIES, *AGENCIES.values(), "H47.00", "H47.00.00", "H47.33.00", "H47.33.05.000", "H47.33.00.000", "H47.33.05.01"}
    numbers = ("1", "01", "0001", "00001", "10", "0010", "100", "0", "0000", "00000000000000000000012", "12", "123456789012345678901")
    codes = {
        f"{agency}-{day}-{number}{tail}"
        for agency, day, number, tail in product(sorted(agencies), ("220801", "220810", "000801"), numbers, ("", "-220802-12345", "-220802-00001"))
    }
    return sorted(codes | set(OTHER_FORMS))


def test_the_reading_by_hand_knows_the_known_equivalences() -> None:
    assert len({same_dossier(f"{code}") for code in ("000.00.33.H47-220801-0001", "H47.33-220801-1", "H47.33-220801-0001")}) == 1
    for older, newer in AGENCIES.items():
        assert same_dossier(f"{older}-220801-0001-220815-54321") == same_dossier(f"{newer}-220801-1")
    assert {same_dossier(code) for code in OTHER_FORMS} == {(code,) for code in OTHER_FORMS}
    assert len({same_dossier(f"{agency}-220801-1") for agency in AGENCIES}) == len(AGENCIES)


def test_codes_are_one_dossier_exactly_where_agency_day_and_number_are(tmp_path: Path, engine: str) -> None:
    folder = write_small_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}}, profile="generic")
    codes = spellings()
    write_csv(folder / "data/2022-08-31.csv", [dossier(0, code=code) for code in codes])
    pipeline = Pipeline(folder)
    pipeline.run(date(2022, 8, 31), command="run")
    rows = pipeline.query("select code, dossier, is_counted from core.fct_dossier")
    assert sorted(code for code, _, _ in rows) == codes
    by_hand: dict[tuple[str, ...], set[str]] = {}
    canonical: dict[str, set[str]] = {}
    for code, told, _ in rows:
        by_hand.setdefault(same_dossier(code), set()).add(code)
        canonical.setdefault(told, set()).add(code)
    assert sorted(map(sorted, canonical.values())) == sorted(map(sorted, by_hand.values()))
    # Word for word, so that both engines say the same.
    assert {told: same_dossier(min(alike)) for told, alike in canonical.items()} == {
        text: told for told in by_hand for text in [told[0] if len(told) == 1 else f"{'.'.join(told[:4])}-{told[4]}-{told[5]}"]
    }
    assert sum(counted for _, _, counted in rows) == len(by_hand)


# Precedence: plain SQL, which the nights above run on both engines


def two_systems(folder: Path, **settings: object) -> Pipeline:
    sources = {name: {"files": f"data/{name}_{{day}}.csv", "system": name, "delivers": "snapshot"} for name in ("first", "second")}
    return Pipeline(write_small_project(folder, sources, **settings))


def told(pipeline: Pipeline, name: str, day: date, *rows: dict[str, object]) -> None:
    write_csv(pipeline.folder / f"data/{name}_{day}.csv", rows)


def counted(pipeline: Pipeline, *days: date) -> dict[str, tuple[str, int]]:
    """By code, the system that a dossier is counted from and its status there."""
    if days:
        pipeline.run(*days, command="run")
    rows = pipeline.query("select code, system, status from core.fct_dossier where is_counted")
    assert len(rows) == len({code for code, _, _ in rows})
    return {code: (system, status) for code, system, status in rows}


A, B = date(2022, 6, 5), date(2022, 6, 6)
CODES = [str(dossier(number)["code"]) for number in range(10)]


def test_the_order_of_the_sources_is_the_default_precedence_and_another_may_be_said(tmp_path: Path) -> None:
    pipeline = two_systems(tmp_path / "p")
    told(pipeline, "first", A, dossier(1, status=2), dossier(2, status=2))
    told(pipeline, "second", A, dossier(1, status=5), dossier(3, status=5), dossier(4, status=5, code="H47.33-220601-2"))
    expected = {CODES[1]: ("first", 2), CODES[2]: ("first", 2), CODES[3]: ("second", 5)}
    assert counted(pipeline, A) == expected
    write_small_project(pipeline.folder, two_sources(pipeline), precedence=["second", "first"])
    assert counted(pipeline, A) == {CODES[1]: ("second", 5), "H47.33-220601-2": ("second", 5), CODES[3]: ("second", 5)}
    # A copy is never counted, also not where it is named first.
    write_small_project(pipeline.folder, two_sources(pipeline), precedence=["second", "first"], copies=["second"])
    assert counted(pipeline, A) == {CODES[1]: ("first", 2), CODES[2]: ("first", 2)}


def two_sources(pipeline: Pipeline) -> dict[str, dict[str, Any]]:
    return dict(yaml.safe_load((pipeline.folder / "qn.yaml").read_text(encoding="utf-8"))["sources"])


def test_what_the_first_system_deleted_or_recoded_is_not_counted_from_the_second(tmp_path: Path) -> None:
    """Also where the second has a newer and different story: precedence is a system's, not a row's."""
    pipeline = two_systems(tmp_path / "p")
    told(pipeline, "first", A, dossier(1), dossier(2), dossier(3), dossier(5))
    told(pipeline, "second", A, dossier(1), dossier(2), dossier(3))
    told(pipeline, "first", B, dossier(9, code="H47.33-220601-8"), dossier(3, code="H47.33-220601-3"), dossier(5))
    told(pipeline, "second", B, dossier(1, status=9, ended="2022-06-06 10:00:00"), dossier(2), dossier(3), dossier(4))
    assert counted(pipeline, A) == {CODES[1]: ("first", 4), CODES[2]: ("first", 4), CODES[3]: ("first", 4), CODES[5]: ("first", 4)}
    assert counted(pipeline, A, B) == {
        "H47.33-220601-8": ("first", 4),  # another code for 2, whose old code the second system still has
        "H47.33-220601-3": ("first", 4),  # another spelling of 3
        CODES[4]: ("second", 4),
        CODES[5]: ("first", 4),
    }


def test_a_code_that_only_a_copy_has_is_not_counted(tmp_path: Path) -> None:
    """The first system knew the dossier under another code before it was ever asked."""
    pipeline = two_systems(tmp_path / "p", copies=["second"])
    told(pipeline, "first", A, dossier(8))
    told(pipeline, "second", A, dossier(1), dossier(8))
    assert counted(pipeline, A) == {CODES[8]: ("first", 4)}
    assert pipeline.query("select count(*) from core.fct_dossier") == [(3,)]


def test_one_system_is_enough(tmp_path: Path) -> None:
    folder = write_small_project(tmp_path / "p", {"desk": {"files": "data/{day}.csv"}}, precedence=["onegate"])
    rows = [dossier(1), dossier(2, code="H47.33-220601-1"), dossier(3, updated="2022-06-02 08:00:00")]
    write_csv(folder / f"data/{A}.csv", rows)
    assert counted(Pipeline(folder), A) == {CODES[3]: ("onegate", 4), min(CODES[1], "H47.33-220601-1"): ("onegate", 4)}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"precedence": ["first"]}, "precedence must name each system of dossiers once: first, second"),
        ({"precedence": ["first", "second", "third"]}, "precedence must name each system of dossiers once: first, second"),
        ({"precedence": ["first", "second", "first"]}, "precedence must name each system of dossiers once: first, second"),
        ({"copies": ["third"]}, "copies names 'third', which is no system of dossiers; they are first, second"),
        ({"copies": ["second", "first"]}, "copies names every system of dossiers: nothing would be counted"),
    ],
)
def test_precedence_and_copies_name_the_systems_that_there_are(tmp_path: Path, settings: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        _ = two_systems(tmp_path / "p", **settings).project
