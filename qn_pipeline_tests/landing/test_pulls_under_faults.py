"""Pulls under faults: after the run and its retry landing holds exactly what is true, none lost, none doubled, nothing gone wrongly."""

import logging
import re
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
import yaml

from qn_pipeline.landing.land import land_days
from qn_pipeline.project import Project, load_project
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.simulator import opencps_lists
from qn_pipeline.simulator.app import PASSWORD, TOKEN
from qn_pipeline.simulator.faults import ENDPOINTS, Fault, FaultKind
from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.opencps import actions
from qn_pipeline.simulator.projects import CONNECTION, NATIONAL, write_project
from qn_pipeline.simulator.server import Handle, serving
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.simulator.systems import NationalCopy
from qn_pipeline_tests.landing.held import (
    differing,
    extractions,
    held_actions,
    held_dossiers,
    held_national,
    tellings,
    true_actions,
    true_dossiers,
    true_national,
)
from qn_pipeline_tests.support import MAPPING, SEAL_KEY, dossier, write_csv

START, BACKFILLED, NIGHT, NEXT = date(2022, 1, 1), date(2022, 3, 28), date(2022, 3, 30), date(2022, 3, 31)
"""The night is two days after the backfill, and the next one closes a month."""
K = FaultKind
ENTITIES = {"dossiers": "dossiers", NATIONAL: "dossiers", "dossier_actions": "dossier_actions", "units": "units", "procedures": "procedures"}
MENDED, TOLD, EITHER = "mended", "told", "either"


@dataclass(frozen=True)
class Script:
    """What goes wrong in a night, and what becomes of it: mended in the same run, told, or one of the two."""

    name: str
    faults: tuple[Fault, ...]
    outcome: str
    says: str = ""
    what: str = "dossiers"
    first: bool = False
    at_once: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


def script(name: str, outcome: str, *faults: Fault, says: str = "", what: str = "dossiers", first: bool = False, **settings: Any) -> Script:
    return Script(name, faults, outcome, says, what, first, settings=settings)


def at_once(name: str, fault: Fault, says: str, what: str = "dossiers") -> Script:
    """Something that trying again does not mend; asked by one request after the other, so that they can be counted."""
    return Script(name, (fault,), TOLD, says, what, at_once=True, settings={"concurrency": 1, "timeout": 5})


GONE_QUIET = r"gave no answer within 0\.3 s"
SCRIPTS = (
    # Once or a few times: the same run brings all.
    script("a list that times out once", MENDED, Fault(K.TIMEOUT, "dossiers")),
    script("files that time out in the middle", MENDED, Fault(K.TIMEOUT, "files", after=20)),
    script("statistics that time out in the first tries", MENDED, Fault(K.TIMEOUT, "statistics", times=4)),
    script("a dossier that times out", MENDED, Fault(K.TIMEOUT, "dossier")),
    script("all slow but within the time-out", MENDED, Fault(K.SLOW, times=60, seconds=0.02)),
    script("a list slower than the time-out", MENDED, Fault(K.SLOW, "dossiers", after=3, times=2, seconds=0.4)),
    script("too many requests, told to come again at once", MENDED, Fault(K.TOO_MANY, times=15, after=5, retry_after=0)),
    script("too many requests for payments", MENDED, Fault(K.TOO_MANY, "payment", after=9, times=3, retry_after=0)),
    script("a list with 500", MENDED, Fault(K.SERVER_ERROR, "dossiers", after=7, status=500)),
    script("files with 502 in the middle", MENDED, Fault(K.SERVER_ERROR, "files", after=10, times=6, status=502)),
    script("statistics with 503 and a time to come again", MENDED, Fault(K.SERVER_ERROR, "statistics", retry_after=0)),
    script("payments with 504", MENDED, Fault(K.SERVER_ERROR, "payment", times=3, status=504)),
    script("the first request reset", MENDED, Fault(K.RESET)),
    script("every request of a while reset", MENDED, Fault(K.RESET, after=12, times=20)),
    script("a dossier reset", MENDED, Fault(K.RESET, "dossier", times=2)),
    script("a list cut off", MENDED, Fault(K.TRUNCATED, "dossiers", after=2)),
    script("files cut off in the middle", MENDED, Fault(K.TRUNCATED, "files", after=15, times=5)),
    script("statistics cut off", MENDED, Fault(K.TRUNCATED, "statistics", after=1)),
    script("a list that is a page of maintenance", MENDED, Fault(K.NOT_JSON, "dossiers", after=4, times=3)),
    script("payments that are a page of maintenance", MENDED, Fault(K.NOT_JSON, "payment", after=5)),
    script("a page that comes twice", MENDED, Fault(K.DUPLICATE_PAGE, "dossiers"), page_size=10),
    script("all pages come twice", MENDED, Fault(K.DUPLICATE_PAGE, "dossiers", times=None), page_size=10),
    script("rows that move between some pages", MENDED, Fault(K.MOVING_ROWS, "dossiers", after=6, times=8), page_size=10),
    script("rows that move between all pages", MENDED, Fault(K.MOVING_ROWS, "dossiers", times=None), page_size=10),
    script("half a list once", MENDED, Fault(K.HALF_LISTS, "dossiers", after=3)),
    script("half a page in the middle of a list", MENDED, Fault(K.HALF_LISTS, "dossiers", after=20, times=2), page_size=10),
    script("a list that lags behind once", MENDED, Fault(K.STALE_LISTS, "dossiers", after=3)),
    script("statistics of half of the dossiers", MENDED, Fault(K.HALF_EMPTY, "statistics", times=None)),
    script("single dossiers of one half only", MENDED, Fault(K.HALF_EMPTY, "dossier", times=None)),
    # Until cleared: told, and nothing kept.
    script("never an answer", TOLD, Fault(K.TIMEOUT, times=None), says=GONE_QUIET, retry_budget=0.01),
    script("never files", TOLD, Fault(K.TIMEOUT, "files", times=None), says=GONE_QUIET, retry_budget=0.01),
    script("always slower than the time-out", TOLD, Fault(K.SLOW, "dossiers", times=None, seconds=0.4), says=GONE_QUIET, retry_budget=0.01),
    script("too many requests until cleared", TOLD, Fault(K.TOO_MANY, times=None, retry_after=0), says="HTTP 429", retry_budget=0.05),
    script("told to wait for longer than the budget", TOLD, Fault(K.TOO_MANY, "dossiers", retry_after=60), says="HTTP 429"),
    script("payments with 500 until cleared", TOLD, Fault(K.SERVER_ERROR, "payment", times=None, status=500), says="HTTP 500", retry_budget=0.3),
    script("single dossiers with 503 until cleared", TOLD, Fault(K.SERVER_ERROR, "dossier", times=None), says="HTTP 503", retry_budget=0.3),
    script(
        "statistics reset until cleared", TOLD, Fault(K.RESET, "statistics", times=None), says="cannot be reached|gave no answer", retry_budget=0.3
    ),
    script("files cut off until cleared", TOLD, Fault(K.TRUNCATED, "files", after=15, times=None), says="broke off", retry_budget=0.3),
    script("a page of maintenance until cleared", TOLD, Fault(K.NOT_JSON, times=None), says="something else than JSON", retry_budget=0.3),
    script("down", TOLD, Fault(K.DOWN), says="(cannot be reached|gave no answer).*next run catches up", retry_budget=0.3),
    script("down from the middle on", TOLD, Fault(K.DOWN, after=40), says="cannot be reached|gave no answer", retry_budget=0.3),
    script("half empty", TOLD, Fault(K.HALF_EMPTY, times=None), says="no longer shows.*nothing was deleted"),
    script("half empty from the first details on", TOLD, Fault(K.HALF_EMPTY, "files", times=None), says="does not show files.*which it has"),
    script("lists half empty, and dossiers shown one by one", TOLD, Fault(K.HALF_EMPTY, "dossiers", times=None), says="out of lists"),
    script("half lists under right totals", TOLD, Fault(K.HALF_LISTS, times=None), says="and shows"),
    script("half empty after some lists", EITHER, Fault(K.HALF_EMPTY, after=18, times=None)),
    # What trying again does not mend.
    at_once("token expired at the first list", Fault(K.EXPIRED_TOKEN, "dossiers"), "Renew QN_SECRET_MOT_CUA"),
    at_once("token expired in the middle of lists", Fault(K.EXPIRED_TOKEN, "dossiers", after=11, times=None), "Renew QN_SECRET_MOT_CUA"),
    at_once("token expired at statistics", Fault(K.EXPIRED_TOKEN, "statistics", times=None), "Renew QN_SECRET_MOT_CUA.*statistics: false"),
    at_once("token expired in the middle of details", Fault(K.EXPIRED_TOKEN, "files", after=9, times=None), "Renew QN_SECRET_MOT_CUA"),
    at_once("token expired at a dossier", Fault(K.EXPIRED_TOKEN, "dossier"), "Renew QN_SECRET_MOT_CUA"),
    at_once("not authenticated at the first list", Fault(K.NOT_AUTHENTICATED, "dossiers"), r"HTTP 203.*Set QN_SECRET_MOT_CUA"),
    at_once("not authenticated at a payment", Fault(K.NOT_AUTHENTICATED, "payment", after=4), r"HTTP 203.*Set QN_SECRET_MOT_CUA"),
    at_once("not authenticated at a dossier", Fault(K.NOT_AUTHENTICATED, "dossier"), r"HTTP 203.*Set QN_SECRET_MOT_CUA"),
    at_once("not authenticated at agencies", Fault(K.NOT_AUTHENTICATED, "dictitems"), r"HTTP 203.*Set QN_SECRET_MOT_CUA", "units"),
    at_once("token expired at actions", Fault(K.EXPIRED_TOKEN, "actions", after=5), "Renew QN_SECRET_MOT_CUA", "dossier_actions"),
    at_once("a list that has moved", Fault(K.SERVER_ERROR, "dossiers", status=302), r"HTTP 302.*Correct url"),
    at_once("a list that is not there", Fault(K.SERVER_ERROR, "dossiers", after=2, status=404), r"HTTP 404.*Correct url"),
    at_once("files behind a page that refuses", Fault(K.SERVER_ERROR, "files", after=2, status=403), r"HTTP 403"),
    at_once("payments behind a page that refuses", Fault(K.SERVER_ERROR, "payment", after=2, status=403), r"HTTP 403"),
    at_once("log-in refused by a page", Fault(K.SERVER_ERROR, "national_login", status=404), "Correct url", NATIONAL),
    # The first night, which has nothing to be held against.
    script("first night: files cut off", MENDED, Fault(K.TRUNCATED, "files", after=100, times=5), first=True),
    script("first night: many resets", MENDED, Fault(K.RESET, after=50, times=40), first=True),
    script("first night: moving rows", MENDED, Fault(K.MOVING_ROWS, times=None), first=True, page_size=50),
    script("first night: down in the middle", TOLD, Fault(K.DOWN, after=200), says="cannot be reached|gave no answer", first=True, retry_budget=0.3),
    script("first night: lists half empty", TOLD, Fault(K.HALF_EMPTY, "dossiers", times=None), says="counts.*does not list", first=True),
    script("first night: half lists", TOLD, Fault(K.HALF_LISTS, times=None), says="and shows", first=True),
    # Other endpoints.
    script("actions with 500 in the middle", MENDED, Fault(K.SERVER_ERROR, "actions", after=6, times=4, status=500), what="dossier_actions"),
    script("actions cut off", MENDED, Fault(K.TRUNCATED, "actions", after=1, times=2), what="dossier_actions"),
    script(
        "actions reset until cleared",
        TOLD,
        Fault(K.RESET, "actions", times=None),
        says="be reached|gave no answer",
        what="dossier_actions",
        retry_budget=0.3,
    ),
    script("actions of one half only", TOLD, Fault(K.HALF_EMPTY, "actions", times=None), says="does not show actions", what="dossier_actions"),
    script("agencies with a page twice", MENDED, Fault(K.DUPLICATE_PAGE, "dictitems", times=None), what="units", page_size=50),
    script("agencies that move", MENDED, Fault(K.MOVING_ROWS, "dictitems", times=None), what="units", page_size=50),
    script("agencies that time out", MENDED, Fault(K.TIMEOUT, "dictitems"), what="units"),
    script("procedures cut off", MENDED, Fault(K.TRUNCATED, "serviceinfos"), what="procedures"),
    script("procedures' levels reset", MENDED, Fault(K.RESET, "serviceconfigs", times=2), what="procedures"),
    script("procedures that move", MENDED, Fault(K.MOVING_ROWS, "serviceinfos", times=None), what="procedures", page_size=5),
    script("procedures never", TOLD, Fault(K.NOT_JSON, "serviceinfos", times=None), says="else than JSON", what="procedures", retry_budget=0.3),
    script("national: a page with 503", MENDED, Fault(K.SERVER_ERROR, "national", after=1), what=NATIONAL, page_size=10),
    script("national: a page cut off", MENDED, Fault(K.TRUNCATED, "national"), what=NATIONAL),
    script("national: log-in times out", MENDED, Fault(K.TIMEOUT, "national_login"), what=NATIONAL),
    script("national: the session ends", MENDED, Fault(K.EXPIRED_TOKEN, "national", after=1), what=NATIONAL, page_size=10),
    script("national: sessions end at once", TOLD, Fault(K.EXPIRED_TOKEN, "national", times=None), says="QN_SECRET_DVCQG", what=NATIONAL),
    script("national: a page twice", MENDED, Fault(K.DUPLICATE_PAGE, "national"), what=NATIONAL, page_size=10),
    script("national: all pages twice", TOLD, Fault(K.DUPLICATE_PAGE, "national", times=None), says="and shows", what=NATIONAL, page_size=10),
    script("national: moving rows", EITHER, Fault(K.MOVING_ROWS, "national", times=None), what=NATIONAL, page_size=15),
    script("national: half of the first page", MENDED, Fault(K.HALF_EMPTY, "national"), what=NATIONAL, page_size=8),
    script("national: half of a later page", MENDED, Fault(K.HALF_EMPTY, "national", after=2), what=NATIONAL, page_size=8),
    script("national: half lists", TOLD, Fault(K.HALF_LISTS, "national", times=None), says="and shows", what=NATIONAL),
    script("national: down", TOLD, Fault(K.DOWN, "national_login"), says="cannot be reached|gave no answer", what=NATIONAL, retry_budget=0.3),
    # Several at a time.
    script(
        "everything that passes, at once",
        MENDED,
        Fault(K.RESET, "dossiers", after=2, times=2),
        Fault(K.TOO_MANY, "statistics", retry_after=0),
        Fault(K.NOT_JSON, "files", after=3, times=3),
        Fault(K.SLOW, times=20, seconds=0.02),
        Fault(K.TRUNCATED, "payment", after=8),
        Fault(K.SERVER_ERROR, "dossier", status=500),
    ),
    script("moving rows, cut off", MENDED, Fault(K.MOVING_ROWS, times=None), Fault(K.TRUNCATED, "dossiers", after=9, times=4), page_size=10),
    script("half a list and half statistics", MENDED, Fault(K.HALF_LISTS, "dossiers", after=5), Fault(K.HALF_EMPTY, "statistics", times=None)),
    script("half empty, with resets", TOLD, Fault(K.HALF_EMPTY, times=None), Fault(K.RESET, after=9, times=9), says="no longer shows"),
    script(
        "slow, and then down",
        TOLD,
        Fault(K.SLOW, times=30, seconds=0.05),
        Fault(K.DOWN, after=30),
        says="be reached|gave no answer",
        retry_budget=0.3,
    ),
    script("resets, and then an expired token", TOLD, Fault(K.RESET, times=5), Fault(K.EXPIRED_TOKEN, after=30, times=None), says="Renew"),
)


@pytest.fixture(scope="module")
def province() -> Province:
    return simulate(300, 3, seed=15)


@pytest.fixture(scope="module")
def server(province: Province) -> Iterator[Handle]:
    with serving(province, end_of(BACKFILLED), NationalCopy(province)) as handle:
        yield handle


@pytest.fixture(scope="module")
def backfilled(server: Handle, province: Province, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose landing holds the dossiers, their actions and the national copy of the first three months."""
    folder = tmp_path_factory.mktemp("backfilled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("QN_SEAL_KEY", SEAL_KEY)
        _tell_secrets(patch)
        project = Nightly(folder, server, province)
        project.write(national=True)
        for entity in ("dossiers", "dossier_actions"):
            assert project.land(entity, _days(START, BACKFILLED)) == {}
    return folder / ".qn"


@dataclass
class Nightly:
    """A project that pulls the server."""

    folder: Path
    server: Handle
    province: Province
    project: Project = field(init=False)

    def write(self, national: bool = False, entities: tuple[str, ...] = ("dossiers", "dossier_actions"), **connection: Any) -> None:
        told = {"first_wait": 0.01, "retry_budget": 3, "timeout": 0.3, **connection}
        write_project(self.folder, self.server.url, START, entities, national=national, **told)
        self.project = load_project(self.folder)

    @property
    def settings(self) -> Settings:
        settings = read_settings(self.folder)
        settings.prepare_home()
        return settings

    def land(self, entity: str, days: list[date], faults: Iterable[Fault] = ()) -> dict[str, str]:
        """A run at the end of the last day. Returns what sources could not bring."""
        self.server.set_clock(end_of(days[-1]))
        self.server.set_faults(faults)
        return land_days(self.settings, self.project, entity, days).failed

    def wrong(self, what: str, day: date) -> dict[Any, Any]:
        """Where landing differs from what is true at the end of a day."""
        at = end_of(day)
        if what == "dossiers":
            return differing(held_dossiers(self.settings, self.folder), true_dossiers(self.province, at))
        if what == NATIONAL:
            return differing(held_national(self.settings), true_national(NationalCopy(self.province), at))
        if what == "dossier_actions":
            # Of dossiers that are gone the actions stay.
            missing = true_actions(self.province, at) - held_actions(self.settings)
            odd = {action for action, _ in held_actions(self.settings)} - _all_actions(self.province)
            return dict.fromkeys(sorted(missing), "missing") | dict.fromkeys(sorted(odd), "odd")
        rows = [told for told, _ in tellings(self.settings, what, f"{CONNECTION}_{what}") if told][-1]
        true = _dictitems(day) if what == "units" else {row["serviceCode"]: "" for row in opencps_lists.serviceinfos()}
        code = "itemCode" if what == "units" else "serviceCode"
        assert len({row[code] for row in rows}) == len(rows)
        return differing({row[code]: "" for row in rows}, true)

    def kept(self, what: str) -> list[Path]:
        """The extractions of what a script is about."""
        entity = ENTITIES[what]
        return extractions(self.settings, entity, _source(what))


@pytest.fixture
def nightly(tmp_path: Path, server: Handle, province: Province, backfilled: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Nightly]:
    _tell_secrets(monkeypatch)
    shutil.copytree(backfilled, tmp_path / ".qn")
    server.forget_requests()
    yield Nightly(tmp_path, server, province)
    server.set_faults([])


# Every other night is tried again; the others are left to the next one.
@pytest.mark.parametrize(("told", "again"), zip(SCRIPTS, cycle([NIGHT, NEXT]), strict=False), ids=lambda told: getattr(told, "name", "then"))
def test_after_faults_exactly_the_truth(told: Script, again: date, nightly: Nightly, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="qn_pipeline")
    entity, source = ENTITIES[told.what], _source(told.what)
    nightly.write(national=told.what == NATIONAL, entities=tuple(dict.fromkeys(("dossiers", entity))), **told.settings)
    days = _days(START if told.first else BACKFILLED + timedelta(days=1), NIGHT)
    if told.first:
        shutil.rmtree(nightly.settings.landing)
    if told.what == "dossier_actions":
        assert nightly.land("dossiers", days) == {}
    before = nightly.kept(told.what)
    nightly.server.forget_requests()
    caplog.clear()

    failed = nightly.land(entity, days, told.faults)

    requests = nightly.server.requests()
    for fault in told.faults:
        assert fault.after < (requests.total() if fault.on == "any" else requests[fault.on]), "the fault was met"
    assert told.outcome == EITHER or (source in failed) == (told.outcome == TOLD), failed
    if source in failed:
        message = failed[source]
        assert nightly.kept(told.what) == before, "nothing of the pull is kept"
        assert "Nothing of this pull was kept" in message
        assert not any(secret in message + caplog.text for secret in (TOKEN, PASSWORD, "phien-"))
        assert told.says == "" or _matches(told.says, message), message
        if told.at_once:
            assert "trying again in" not in caplog.text
            # One request may be under way already when the answer to another comes.
            assert requests[told.faults[0].on] <= told.faults[0].after + 2
    else:
        assert nightly.wrong(told.what, NIGHT) == {}

    if told.what == "dossier_actions" and again == NEXT:
        assert nightly.land("dossiers", [NEXT]) == {}
    following = [*days, NEXT] if told.first else [NEXT]
    # Impatience was for the fault: a busy machine is not one.
    nightly.write(national=told.what == NATIONAL, entities=tuple(dict.fromkeys(("dossiers", entity))), timeout=10)
    assert nightly.land(entity, days if again == NIGHT else following).get(source) is None
    assert nightly.wrong(told.what, again) == {}


def test_nights_without_faults_are_true_and_ask_everything(nightly: Nightly) -> None:
    """So that the scripts are about faults, and every fault meets a request."""
    nightly.write(national=True, entities=("dossiers", "dossier_actions", "units", "procedures"))
    asked = nightly.server.requests()
    for days in (_days(BACKFILLED + timedelta(days=1), NIGHT), [NEXT]):
        for entity in ("dossiers", "dossier_actions", "units", "procedures"):
            assert nightly.land(entity, days) == {}
        for what in ENTITIES:
            assert nightly.wrong(what, days[-1]) == {}
        asked += nightly.server.requests()
    assert {endpoint for endpoint in ENDPOINTS if not asked[endpoint]} == {"holidays", "worktimes"}


def test_the_scripts_have_every_fault() -> None:
    assert {fault.kind for told in SCRIPTS for fault in told.faults} == set(FaultKind)
    assert {fault.on for told in SCRIPTS for fault in told.faults} >= set(ENDPOINTS) - {"holidays", "worktimes"}
    assert len({told.name for told in SCRIPTS}) == len(SCRIPTS) >= 36


def test_a_wrong_group_fails_at_once(nightly: Nightly, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="qn_pipeline")
    nightly.write(group_id="999", concurrency=1)
    failed = nightly.land("dossiers", [NIGHT])
    assert _matches(r"HTTP 403.*Look at group_id in qn.yaml", failed[CONNECTION])
    assert "trying again in" not in caplog.text
    assert nightly.server.requests()["dossiers"] <= 2
    nightly.write()
    assert nightly.land("dossiers", [NIGHT]) == {}
    assert nightly.wrong("dossiers", NIGHT) == {}


def test_a_half_empty_first_night_is_mended_by_the_next(nightly: Nightly) -> None:
    """A site that is half empty wherever one looks cannot be told from a small one on the first night; on any later one it can."""
    nightly.write()
    shutil.rmtree(nightly.settings.landing)
    nightly.land("dossiers", _days(START, NIGHT), [Fault(K.HALF_EMPTY, times=None)])
    assert nightly.wrong("dossiers", NIGHT) != {}
    assert nightly.land("dossiers", [NIGHT]) == {}
    assert nightly.wrong("dossiers", NIGHT) == {}


@pytest.mark.parametrize(("down", "up"), [(CONNECTION, NATIONAL), (NATIONAL, CONNECTION)])
def test_a_source_that_is_down_stops_no_other(nightly: Nightly, down: str, up: str) -> None:
    nightly.write(national=True, retry_budget=0.1)
    _add_files(nightly)
    faults = [Fault(K.DOWN, endpoint) for endpoint in (("national", "national_login") if down == NATIONAL else ("dossiers", "dossier", "statistics"))]
    failed = nightly.land("dossiers", _days(BACKFILLED + timedelta(days=1), NIGHT), faults)
    assert set(failed) == {down}
    assert nightly.wrong("dossiers" if up == CONNECTION else NATIONAL, NIGHT) == {}
    [(rows, _)] = [told for told in tellings(nightly.settings, "dossiers", "so_tay") if told[0]]
    assert [row["code"] for row in rows] == [dossier(1)["code"]]


def test_after_three_nights_without_the_source_nothing_is_missing(nightly: Nightly) -> None:
    """The nights close a month; the run after them is for its own day only."""
    nightly.write(national=True, retry_budget=0.05)
    held = held_dossiers(nightly.settings, nightly.folder)
    for night in (date(2022, 3, 29), NIGHT, NEXT):
        assert set(nightly.land("dossiers", [night], [Fault(K.DOWN)])) == {CONNECTION, NATIONAL}
        assert set(nightly.land("dossier_actions", [night], [Fault(K.DOWN)])) <= {f"{CONNECTION}_dossier_actions"}
    assert held_dossiers(nightly.settings, nightly.folder) == held
    later = date(2022, 4, 1)
    for entity in ("dossiers", "dossier_actions"):
        assert nightly.land(entity, [later]) == {}
    for what in ("dossiers", "dossier_actions", NATIONAL):
        assert nightly.wrong(what, later) == {}


@pytest.mark.parametrize("nights", [1, 3])
def test_half_empty_nights_delete_nothing(nightly: Nightly, nights: int) -> None:
    nightly.write()
    held = held_dossiers(nightly.settings, nightly.folder)
    for night in _days(NEXT - timedelta(days=nights - 1), NEXT):
        assert CONNECTION in nightly.land("dossiers", [night], [Fault(K.HALF_EMPTY, times=None)])
        assert held_dossiers(nightly.settings, nightly.folder) == held
    later = date(2022, 4, 1)
    assert nightly.land("dossiers", [later]) == {}
    assert nightly.wrong("dossiers", later) == {}


def _tell_secrets(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("QN_SECRET_MOT_CUA", TOKEN)
    patch.setenv("QN_SECRET_DVCQG", PASSWORD)


def _source(what: str) -> str:
    return {"dossiers": CONNECTION, NATIONAL: NATIONAL}.get(what, f"{CONNECTION}_{what}")


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=offset) for offset in range((last - first).days + 1)]


def _matches(pattern: str, message: str) -> bool:
    return re.search(pattern, message) is not None


def _dictitems(day: date) -> dict[str, str]:
    return {row["itemCode"]: "" for row in opencps_lists.dictitems("GOVERNMENT_AGENCY", day) or []}


def _all_actions(province: Province) -> set[str]:
    return {str(action["dossierActionId"]) for life in province.dossiers for action in actions(life, end_of(date(2023, 1, 1)))}


def _add_files(nightly: Nightly) -> None:
    """A source in files beside the pulled ones."""
    file = nightly.folder / "qn.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    settings["sources"]["so_tay"] = {"entity": "dossiers", "delivers": "changes", "files": "data/{day}.csv", "mapping": "mapping.yaml"}
    settings["precedence"].append("so_tay")
    file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    (nightly.folder / "mapping.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
    write_csv(nightly.folder / f"data/{NIGHT}.csv", [dossier(1)])
    nightly.project = load_project(nightly.folder)
