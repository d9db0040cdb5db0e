"""Pulls of an OpenCPS site: what happens to a dossier where no window shows it reaches landing all the same, and nothing else is lost."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from qn_pipeline.landing.extractions import Extraction, read_extractions
from qn_pipeline.landing.land import Landed, land_days
from qn_pipeline.project import load_project
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.simulator.app import TOKEN
from qn_pipeline.simulator.faults import Fault, FaultKind
from qn_pipeline.simulator.files import end_of
from qn_pipeline.simulator.lives import Dossier, Kind, Province, Row, Shows
from qn_pipeline.simulator.projects import CONNECTION, write_project
from qn_pipeline.simulator.server import Handle, serving
from qn_pipeline.validation.door import validate_landed
from qn_pipeline_tests.landing.held import differing, held_actions, held_dossiers, tellings, true_actions, true_dossiers
from qn_pipeline_tests.simulator.handmade import BENEFIT, HOI_AN, LAND_USE, TAM_KY, at, dossier, finished, province, received, returned, step
from qn_pipeline_tests.support import MAPPING, write_csv
from qn_pipeline_tests.support import dossier as file_row

FIRST, SECOND, CLOSING = date(2022, 3, 10), date(2022, 3, 11), date(2022, 3, 31)
TODAY = "2022-03-11T09:00"
IDS = {number: 100_000 + number for number in range(1, 100)}


def closed(number: int, when: str = "2022-02-03", unit: str = TAM_KY, **other: Any) -> Dossier:
    """A dossier that was received, finished and handed over long ago."""
    steps = received(f"{when}T08:00", f"{when}T16:00"), finished(f"{when}T10:00"), returned(f"{when}T11:00")
    return dossier(number, *steps, unit=unit, **other)


def still_open(number: int, **other: Any) -> Dossier:
    return dossier(number, received("2022-03-02T08:00", "2022-03-30T08:00"), **other)


def denied(number: int, when: str = "2022-02-03") -> Dossier:
    return dossier(number, step(f"{when}T08:00", Kind.REGISTERED), step(f"{when}T09:00", Kind.REFUSED, status=3, refused_at=f"{when}T09:00"))


def then(life: Dossier, *steps: Any) -> Dossier:
    """The same dossier, and what happens to it later."""
    whole = dossier(life.number, *steps)
    state = life.facts[-1].state
    assert state is not None
    facts = list(life.facts)
    for (_, _, changes), fact in zip(steps, whole.facts, strict=True):
        state = replace(state, **changes)
        facts.append(replace(fact, state=None if fact.state is None else state))
    return replace(life, facts=tuple(facts))


def coded(life: Dossier, code: str) -> Dossier:
    return replace(life, facts=tuple(replace(fact, state=fact.state and replace(fact.state, code=code)) for fact in life.facts))


def deleted(life: Dossier, when: str = TODAY) -> Dossier:
    return then(life, step(when, Kind.DELETED))


def changed(life: Dossier, **changes: Any) -> Dossier:
    return then(life, step(TODAY, Kind.CORRECTED, **changes))


def recoded(life: Dossier, code: str, when: str = TODAY) -> Dossier:
    return then(life, step(when, Kind.RECODED, code=code))


def code_of(life: Dossier) -> str:
    state = life.facts[0].state
    assert state is not None
    return state.code


@dataclass
class Site:
    """A site, and the project that pulls it."""

    folder: Path
    server: Handle
    shown: Shows

    @property
    def settings(self) -> Settings:
        settings = read_settings(self.folder)
        settings.prepare_home()
        return settings

    def configure(self, **connection: Any) -> None:
        write_project(self.folder, self.server.url, date(2022, 1, 1), **{"first_wait": 0.01, "retry_budget": 1, "timeout": 5, **connection})

    def run(self, *days: date, entity: str = "dossiers", faults: Sequence[Fault] = (), is_refresh: bool = False) -> Landed:
        self.server.set_clock(end_of(days[-1]))
        self.server.set_faults(faults)
        return land_days(self.settings, load_project(self.folder), entity, list(days), is_refresh)

    def land(self, *days: date, entity: str = "dossiers") -> Extraction:
        landed = self.run(*days, entity=entity)
        assert landed.failed == {}
        return landed.extractions[-1]

    def wrong(self, day: date) -> dict[Any, Any]:
        return differing(held_dossiers(self.settings, self.folder), true_dossiers(self.shown, end_of(day)))

    def gone(self) -> list[list[str]]:
        """The codes that each pull told as gone."""
        return [sorted(row["code"] for row in gone) for _, gone in tellings(self.settings, "dossiers", CONNECTION)]


@contextmanager
def site_of(folder: Path, *lives: Dossier, view: Callable[[Province], Shows] = lambda whole: whole, **connection: Any) -> Iterator[Site]:
    """A site with these dossiers and some that nothing happens to."""
    others = [closed(number, when=f"2022-0{1 + number % 3}-04", unit=HOI_AN) for number in range(50, 62)]
    shown = view(province(*lives, *others))
    with pytest.MonkeyPatch.context() as patch, serving(shown, end_of(FIRST)) as server:
        patch.setenv("QN_SECRET_MOT_CUA", TOKEN)
        site = Site(folder, server, shown)
        site.configure(**connection)
        yield site


def from_start(last: date) -> list[date]:
    return [date(2022, 1, 1) + timedelta(days=offset) for offset in range((last - date(2022, 1, 1)).days + 1)]


ONE_CODE = code_of(closed(1))
SEEN_THE_SAME_NIGHT: dict[str, tuple[Dossier, ...]] = {
    "received in another month": (changed(closed(1), received_at="2022-01-20T08:00"),),
    "received in another month, and another unit's": (changed(closed(1), received_at="2022-01-20T08:00", unit=HOI_AN),),
    "another unit's": (changed(closed(1), unit=HOI_AN),),
    "released in another month": (changed(closed(1), ended_at="2022-03-01T08:00"),),
    "due another day, so that it is late": (changed(closed(1), due_at="2022-02-03T09:00"),),
    "filed another way": (changed(closed(1), channel="online"),),
    "closed, and then deleted": (deleted(closed(1)),),
    "closed, and re-opened with its dates wiped": (then(closed(1), step(TODAY, Kind.REOPENED, status=4, ended_at=None, returned_at=None)),),
    "open, and then deleted": (deleted(still_open(1)),),
    "open, and then given another code": (recoded(still_open(1), "H47.61-220302-0001"),),
    "open, and closed with dates of long ago": (then(still_open(1), step(TODAY, Kind.FINISHED, status=9, ended_at="2022-03-02T09:00")),),
    "entered late, with dates of long ago": (
        dossier(
            1,
            step(TODAY, Kind.RETURNED, status=10, **{f"{name}_at": "2022-02-03T08:00" for name in ("submitted", "received", "ended", "returned")}),
        ),
    ),
    "denied, and then deleted": (deleted(denied(1)),),
    "denied late, with dates of long ago": (
        dossier(1, step(TODAY, Kind.REFUSED, status=3, submitted_at="2022-02-03T08:00", refused_at="2022-02-03T09:00")),
    ),
    "denied, and received after all": (then(denied(1), step(TODAY, Kind.RECEIVED, status=2, refused_at=None, received_at="2022-03-11T09:00")),),
    "deleted, and entered again with its code": (
        deleted(closed(1)),
        coded(dossier(2, received("2022-03-11T10:00", "2022-03-21T10:00")), ONE_CODE),
    ),
    "open, deleted, and entered again with its code and dates": (
        deleted(still_open(1)),
        coded(dossier(2, step("2022-03-11T10:00", Kind.RECEIVED, status=2, received_at="2022-03-02T08:00")), code_of(still_open(1))),
    ),
    "codes of two open ones exchanged": (recoded(still_open(1), code_of(still_open(2))), recoded(still_open(2), code_of(still_open(1)))),
    "a code that moves on from one to another": (recoded(still_open(1), "H47.61-220302-0009"), recoded(still_open(2), code_of(still_open(1)))),
    "received in the future": (dossier(1, step(TODAY, Kind.RECEIVED, status=2, received_at="2032-03-11T09:00")),),
    "without a code, and then with one": (then(coded(still_open(1), ""), step(TODAY, Kind.RECODED, code="H47-1")),),
    "without a code, and then deleted": (deleted(coded(still_open(1), "")),),
}


@pytest.mark.parametrize("lives", SEEN_THE_SAME_NIGHT.values(), ids=SEEN_THE_SAME_NIGHT.keys())
def test_what_happens_is_seen_the_same_night(lives: tuple[Dossier, ...], tmp_path: Path) -> None:
    with site_of(tmp_path, *lives) as site:
        site.land(*from_start(FIRST))
        assert site.wrong(FIRST) == {}
        extraction = site.land(SECOND)
        assert site.wrong(SECOND) == {}
        assert extraction.manifest.unreconciled == 0
        assert "" not in site.gone()[-1] or lives[0].facts[-1].kind is Kind.DELETED


SEEN_WHEN_A_MONTH_CLOSES: dict[str, tuple[Dossier, ...]] = {
    "closed, and given another code": (recoded(closed(1), "H47.61-220203-0001"),),
    "denied, and given another code": (recoded(denied(1), "H47.61-220203-0001"),),
    "due another day, and as late as before": (changed(closed(1), due_at="2022-02-20T08:00"),),
    "two exchanged between units": (changed(closed(1), unit=HOI_AN), changed(closed(2, unit=HOI_AN), unit=TAM_KY)),
    "one deleted and one entered in its place": (
        deleted(closed(1)),
        dossier(
            2,
            step(TODAY, Kind.RETURNED, status=10, **{f"{name}_at": "2022-02-03T08:00" for name in ("submitted", "received", "ended", "returned")}),
        ),
    ),
    "received last year, and given another code": (
        recoded(then(dossier(1, received("2021-12-20T08:00", "2022-02-01T08:00")), finished("2022-01-20T08:00")), "H47.61-211220-0001"),
    ),
    "received last year, and deleted": (deleted(then(dossier(1, received("2021-12-20T08:00", "2022-02-01T08:00")), returned("2022-01-20T08:00"))),),
    "received in the future, and deleted": (deleted(changed(closed(1), received_at="2032-02-03T08:00"), "2022-03-12T09:00"),),
    "never received, withdrawn, and deleted": (
        deleted(
            dossier(1, step("2022-03-09T08:00", Kind.REGISTERED), step("2022-03-10T08:00", Kind.WITHDRAWN, status=7, ended_at="2022-03-10T08:00"))
        ),
    ),
}


@pytest.mark.parametrize("lives", SEEN_WHEN_A_MONTH_CLOSES.values(), ids=SEEN_WHEN_A_MONTH_CLOSES.keys())
def test_what_no_counter_shows_is_seen_when_a_month_closes(lives: tuple[Dossier, ...], tmp_path: Path) -> None:
    with site_of(tmp_path, *lives) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND)
        site.land(CLOSING)
        assert site.wrong(CLOSING) == {}


@pytest.mark.parametrize("last", [CLOSING, date(2022, 4, 1), date(2022, 5, 2)], ids=str)
def test_a_month_that_closes_among_lost_nights_is_swept_too(tmp_path: Path, last: date) -> None:
    with site_of(tmp_path, recoded(closed(1), "H47.61-220203-0001")) as site:
        site.land(*from_start(FIRST))
        site.run(CLOSING, faults=[Fault(FaultKind.DOWN)])
        site.land(last)
        assert site.wrong(last) == {}


def test_a_year_that_closed_among_lost_nights_is_swept_whole(tmp_path: Path) -> None:
    with site_of(tmp_path, recoded(closed(1), "H47.61-220203-0001")) as site:
        site.land(*from_start(FIRST))
        later = date(2023, 2, 2)
        site.land(later)
        assert site.wrong(later) == {}


def test_the_last_of_two_dossiers_with_one_code_stands(tmp_path: Path) -> None:
    """To the warehouse a code that is gone takes its dossier along, so that the other one is told again."""
    with site_of(tmp_path, deleted(closed(1)), coded(closed(2), ONE_CODE)) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND)
        assert site.gone()[-1] == [ONE_CODE]
        rows, _ = tellings(site.settings, "dossiers", CONNECTION)[-1]
        assert [(int(row["dossierId"]), row["dossierNo"]) for row in rows] == [(IDS[2], ONE_CODE)]
        assert site.wrong(SECOND) == {}


def test_the_other_of_two_dossiers_with_one_code_stands_when_one_gets_another(tmp_path: Path) -> None:
    with site_of(tmp_path, recoded(still_open(1), "H47.61-220302-0001"), coded(still_open(2), code_of(still_open(1)))) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND)
        assert site.wrong(SECOND) == {}


def test_a_closed_dossier_stands_when_an_open_one_with_its_code_is_deleted(tmp_path: Path) -> None:
    """Nothing of the night shows the closed one, and it is told again."""
    with site_of(tmp_path, deleted(still_open(1)), coded(closed(2), code_of(still_open(1)))) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND)
        assert site.gone()[-1] == [code_of(still_open(1))]
        assert site.wrong(SECOND) == {}


def test_a_dossier_that_is_deleted_and_restored_stands(tmp_path: Path) -> None:
    life = deleted(closed(1))
    restored = replace(life, facts=(*life.facts, replace(life.facts[0], at=at("2022-03-12T09:00"), kind=Kind.CORRECTED, state=life.facts[-2].state)))
    with site_of(tmp_path, restored) as site:
        for days in (from_start(FIRST), [SECOND], [date(2022, 3, 12)]):
            site.land(*days)
            assert site.wrong(days[-1]) == {}


def test_a_day_of_long_ago_pulled_again_harms_nothing(tmp_path: Path) -> None:
    with site_of(tmp_path, changed(still_open(1), unit=HOI_AN), deleted(still_open(2)), closed(3)) as site:
        site.land(*from_start(SECOND))
        for day in (date(2022, 2, 3), FIRST, SECOND):
            site.server.set_clock(end_of(SECOND))
            assert land_days(site.settings, load_project(site.folder), "dossiers", [day]).failed == {}
            assert site.wrong(SECOND) == {}


def test_the_same_night_again_brings_only_what_is_new(tmp_path: Path) -> None:
    with site_of(tmp_path, still_open(1)) as site:
        site.land(*from_start(SECOND))
        assert site.land(SECOND).manifest.rows == 0
        assert site.wrong(SECOND) == {}


def test_systems_that_are_not_pulled_make_no_difference(tmp_path: Path) -> None:
    with site_of(tmp_path, closed(1, procedure=LAND_USE), closed(2, procedure=BENEFIT), systems=["0"]) as site:
        extraction = site.land(*from_start(FIRST))
        assert extraction.manifest.unreconciled == 0
        assert not extraction.reconciliation.exists()
        assert IDS[1] not in held_dossiers(site.settings, site.folder)
        assert IDS[2] in held_dossiers(site.settings, site.folder)


def test_without_statistics_what_was_deleted_or_entered_late_is_found_when_the_month_closes(tmp_path: Path) -> None:
    late = dossier(2, step(TODAY, Kind.REFUSED, status=3, submitted_at="2022-02-03T08:00", refused_at="2022-02-03T09:00"))
    with site_of(tmp_path, deleted(closed(1)), late, statistics=False) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND)
        assert set(site.wrong(SECOND)) == {IDS[1], IDS[2]}
        site.land(CLOSING)
        assert site.wrong(CLOSING) == {}
        assert site.server.requests()["statistics"] == 0


def test_statistics_that_are_refused_are_told_and_can_be_gone_without(tmp_path: Path) -> None:
    refused = [Fault(FaultKind.SERVER_ERROR, "statistics", times=None, status=403)]
    with site_of(tmp_path, still_open(1)) as site:
        assert "set statistics: false for the connection" in site.run(*from_start(FIRST), faults=refused).failed[CONNECTION]
        site.configure(statistics=False)
        assert site.run(*from_start(FIRST), faults=refused).failed == {}
        assert site.wrong(FIRST) == {}


def test_statistics_that_lag_behind_are_told_and_lose_nothing(tmp_path: Path) -> None:
    lag = [Fault(FaultKind.HALF_EMPTY, "statistics", times=None)]
    with site_of(tmp_path, still_open(1), closed(2)) as site:
        landed = site.run(*from_start(FIRST), faults=lag)
        assert landed.failed == {}
        assert landed.extractions[-1].manifest.unreconciled > 0
        assert site.wrong(FIRST) == {}


def test_a_few_that_vanish_are_gone_and_many_are_not_believed(tmp_path: Path) -> None:
    many = [deleted(still_open(number)) for number in range(1, 13)]
    with site_of(tmp_path, *many) as site:
        site.land(*from_start(FIRST))
        held = held_dossiers(site.settings, site.folder)
        assert "12 of 24 known dossiers" in site.run(SECOND).failed[CONNECTION]
        assert held_dossiers(site.settings, site.folder) == held
        site.configure(max_vanished=0.6)
        site.land(SECOND)
        assert site.wrong(SECOND) == {}


def test_a_source_that_came_in_files_before_is_pulled_whole(tmp_path: Path) -> None:
    """The dump of the first years stays; what is pulled is held against what was pulled."""
    with site_of(tmp_path, still_open(1), closed(2)) as site:
        settings = yaml.safe_load((tmp_path / "qn.yaml").read_text(encoding="utf-8"))
        files = {"entity": "dossiers", "delivers": "changes", "files": "data/{day}.csv", "mapping": "mapping.yaml", "system": CONNECTION}
        (tmp_path / "qn.yaml").write_text(yaml.safe_dump({**settings, "sources": {CONNECTION: files}}, allow_unicode=True), encoding="utf-8")
        (tmp_path / "mapping.yaml").write_text(yaml.safe_dump(MAPPING), encoding="utf-8")
        write_csv(tmp_path / f"data/{FIRST}.csv", [file_row(1)])
        assert site.run(FIRST).failed == {}
        site.configure()
        extraction = site.land(*from_start(SECOND))
        assert extraction.manifest.rows == len(true_dossiers(site.shown, end_of(SECOND)))


def test_what_is_gone_without_a_code_passes_the_door(tmp_path: Path) -> None:
    with site_of(tmp_path, deleted(coded(still_open(1), "")), deleted(still_open(2))) as site:
        for days in (from_start(FIRST), [SECOND]):
            site.land(*days)
        assert site.gone()[-1] == ["", code_of(still_open(2))]
        result = validate_landed(site.settings, load_project(site.folder), "dossiers")[-1]
        assert code_of(still_open(2)) in pq.read_table(result.gone)["row_key"].to_pylist()


# Refreshes


@dataclass(frozen=True)
class Unstamped:
    """A system that stamps no change: a dossier's row is as new as the dossier."""

    whole: Province

    def rows(self, at: datetime) -> Iterator[Row]:
        return (replace(row, updated_at=row.dossier.facts[0].at) for row in self.whole.rows(at))


CHANGES_THAT_NO_LIST_SHOWS: dict[str, tuple[Dossier, Callable[[Province], Shows], list[Fault], int]] = {
    "paid, without a new stamp": (changed(still_open(1), payment="local"), Unstamped, [], 0),
    # Two refreshes after it was found, a list says otherwise each time.
    "due another day, and lists lag behind": (
        changed(still_open(1), due_at="2022-03-29T08:00"),
        lambda whole: whole,
        [Fault(FaultKind.STALE_LISTS, times=None)],
        2,
    ),
}


@pytest.mark.parametrize(("life", "view", "faults", "doubts"), CHANGES_THAT_NO_LIST_SHOWS.values(), ids=CHANGES_THAT_NO_LIST_SHOWS.keys())
def test_a_days_refreshes_ask_for_each_open_dossier_once_and_find_what_no_list_shows(
    life: Dossier, view: Callable[[Province], Shows], faults: list[Fault], doubts: int, tmp_path: Path
) -> None:
    lives = [life, *(still_open(number) for number in range(2, 20)), closed(30)]
    with site_of(tmp_path, *lives, view=view, refresh_shares=6) as site:
        site.land(*from_start(FIRST))
        site.run(SECOND, faults=faults)
        site.server.forget_requests()
        asked = []
        for _ in range(8):
            assert site.run(SECOND, faults=faults, is_refresh=True).failed == {}
            asked.append(site.server.requests()["dossier"])
        assert 0 < asked[0] < asked[2] < asked[5] == 19, "in shares, each open one once, and no closed one"
        assert asked[7] == 19 + doubts
        told = [row for rows, _ in tellings(site.settings, "dossiers", CONNECTION)[2:] for row in rows]
        paid, due = ("KEYPAY", "30/03/2022 08:00:00") if view is Unstamped else ("", "29/03/2022 08:00:00")
        assert [(int(row["dossierId"]), row["paymentMethod"], row["dueDate"]) for row in told] == [(IDS[1], paid, due)], "only what changed, once"
        site.run(CLOSING, faults=faults, is_refresh=True)
        assert read_extractions(site.settings, "dossiers")[-1].manifest.refresh_turn == 6, "the next day goes on where this one stopped"


def test_refreshes_keep_to_their_requests_and_all_open_ones_come_by(tmp_path: Path) -> None:
    """A dossier is three requests, with its files and its payment."""
    lives = [changed(still_open(number), payment="local") for number in range(1, 20)]
    with site_of(tmp_path, *lives, view=Unstamped, refresh_shares=1, refresh_requests=12) as site:
        site.land(*from_start(FIRST))
        for later in range(10):
            site.server.forget_requests()
            site.run(SECOND + timedelta(days=later), is_refresh=True)
            assert 0 < sum(site.server.requests()[name] for name in ("dossier", "files", "payment")) <= 12
        told = [int(row["dossierId"]) for rows, _ in tellings(site.settings, "dossiers", CONNECTION)[1:] for row in rows]
        assert sorted(told) == [IDS[number] for number in range(1, 20)]
        site.configure(refresh_shares=0)
        site.server.forget_requests()
        site.run(SECOND + timedelta(days=10), is_refresh=True)
        assert site.server.requests()["dossier"] == 0


# Actions


def test_actions_follow_dossiers_that_were_landed_in_several_runs(tmp_path: Path) -> None:
    later = changed(still_open(1), unit=HOI_AN)
    with site_of(tmp_path, later, closed(2)) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND)
        actions = site.land(SECOND, entity="dossier_actions")
        assert held_actions(site.settings) == true_actions(site.shown, end_of(SECOND))
        newest = max(e.manifest.seq for e in read_extractions(site.settings, "dossiers"))
        assert actions.manifest.follows_seq == newest
        assert site.land(SECOND, entity="dossier_actions").manifest.rows == 0


def test_actions_of_a_dossier_that_is_gone_stop_nothing(tmp_path: Path) -> None:
    with site_of(tmp_path, deleted(still_open(1)), closed(2)) as site:
        site.land(*from_start(FIRST))
        site.land(SECOND, entity="dossier_actions")
        assert held_actions(site.settings) == true_actions(site.shown, end_of(SECOND))


def test_actions_of_a_night_without_them_come_with_the_next(tmp_path: Path) -> None:
    with site_of(tmp_path, changed(still_open(1), unit=HOI_AN), closed(2)) as site:
        site.land(*from_start(FIRST))
        site.land(FIRST, entity="dossier_actions")
        site.land(SECOND)
        assert site.run(SECOND, entity="dossier_actions", faults=[Fault(FaultKind.DOWN)]).failed != {}
        site.land(date(2022, 3, 12))
        site.land(date(2022, 3, 12), entity="dossier_actions")
        assert held_actions(site.settings) == true_actions(site.shown, end_of(date(2022, 3, 12)))
