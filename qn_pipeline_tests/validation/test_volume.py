"""Volume: no normal night of two simulated years alarms, a night cut short does, and what cannot be compared says so."""

import sys
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import pairwise

import pytest

from qn_pipeline.landing.extractions import Extraction
from qn_pipeline.project import AnySource, Volume
from qn_pipeline.validation.day_kinds import is_working, kinds_of
from qn_pipeline.validation.volume import TOO_FEW, TOO_MANY, DayCount, Judged, VolumeFindings, effect_of, judge_days, judge_wholes, volume_of
from qn_pipeline_tests.validation.counted import DAYS, Counted, extraction, source, two_years

LATER = date(2026, 1, 1)
MONDAY = date(2022, 4, 4)
SEEDS = (1, 2)
# A source of fewer rows a day is too small to tell half a night from a quiet one.
MANY = 100


@pytest.fixture(scope="module")
def years() -> list[Counted]:
    """Two provinces of 20,000 dossiers, a fiftieth of the real one."""
    return [two_years(20_000, seed) for seed in SEEDS]


def counts(counted: Counted, name: str) -> list[DayCount]:
    return [DayCount(day, counted.rows[name][day], came=counted.rows[name][day] > 0) for day in DAYS]


def found(counted: Iterable[Extraction], days: Iterable[date], of: AnySource, today: date = LATER, waived: Iterable[date] = ()) -> VolumeFindings:
    return volume_of(of, "vietnam", list(counted), set(days), today, set(waived))


def test_hardly_a_normal_night_of_two_years_alarms(years: list[Counted], capsys: pytest.CaptureFixture[str]) -> None:
    nights = compared = 0
    alarms = []
    for counted in years:
        for name in counted.rows:
            judged = judge_days(counts(counted, name), "vietnam", Volume())
            nights += len(judged)
            compared += sum(one.usual is not None for one in judged)
            alarms += [(name, one) for one in judged if one.rule]
        wholes = judge_wholes([(day, counted.sizes[day]) for day in DAYS], Volume())
        alarms += [("snapshot", one) for one in wholes if one.rule == TOO_FEW]
    with capsys.disabled():
        sys.stdout.write(f"\nvolume: {len(alarms)} alarms in {nights} normal nights, {compared} of them compared\n")
    # One or two in two years: the post's small log swings more than chance alone would have it.
    assert len(alarms) * 1000 < nights, alarms
    assert compared > 0.8 * nights


@pytest.mark.parametrize(("share", "least"), [(0.4, 0.95), (0.5, 0.85)])
def test_nights_that_are_cut_short_are_found(years: list[Counted], share: float, least: float, capsys: pytest.CaptureFixture[str]) -> None:
    """One working day in five of the dossiers' changes and steps is cut; the days before are as they were."""
    cut = alarms = 0
    for counted in years:
        for name in ("dossiers", "dossier_actions"):
            whole = counts(counted, name)
            for place, judged in enumerate(judge_days(whole, "vietnam", Volume())):
                if judged.usual is None or judged.usual < MANY or not is_working("vietnam", judged.day) or place % 5:
                    continue
                (*_, again) = judge_days([*whole[:place], DayCount(judged.day, int(judged.rows * share))], "vietnam", Volume())
                cut += 1
                alarms += again.rule == TOO_FEW
    with capsys.disabled():
        sys.stdout.write(f"\nvolume: nights cut to {share:.0%}: {alarms} of {cut} found ({alarms / cut:.1%})\n")
    assert cut > 300
    assert alarms / cut >= least


@pytest.mark.parametrize("share", [0.4, 0.5])
def test_snapshots_that_are_cut_short_are_always_found(years: list[Counted], share: float) -> None:
    for counted in years:
        days = DAYS[10::7]
        for before, day in pairwise(days):
            (_, judged) = judge_wholes([(before, counted.sizes[before]), (day, int(counted.sizes[day] * share))], Volume())
            if counted.sizes[day] < 1.4 * counted.sizes[before]:
                assert judged.rule == TOO_FEW


def even(rows: int = 400, weeks: int = 6) -> list[Extraction]:
    """Working days with the same rows, up to a Monday."""
    days = [MONDAY - timedelta(days=back) for back in range(weeks * 7, 0, -1)]
    return [extraction(seq, day, rows if is_working("vietnam", day) else 0, is_working("vietnam", day)) for seq, day in enumerate(days, start=1)]


def test_a_night_of_two_fifths_fails_and_does_not_stop() -> None:
    of = source()
    findings = found([*even(), extraction(99, MONDAY, 160)], [MONDAY], of)
    assert findings.odd == [Judged(MONDAY, 160, True, 400.0, TOO_FEW)]
    assert effect_of(of, findings.odd[0]) == "fail"
    assert found([*even(), extraction(99, MONDAY, 300)], [MONDAY], of).odd == []


def test_a_day_without_its_file_fails_and_one_off_does_not() -> None:
    (odd,) = found([*even(), extraction(99, MONDAY, 0, came=False)], [MONDAY], source()).odd
    assert (odd.rule, odd.came, odd.usual) == (TOO_FEW, False, 400.0)
    hung_kings = date(2022, 4, 11)
    assert not is_working("vietnam", hung_kings)
    quiet = found([*even(), extraction(99, hung_kings, 0, came=False)], [hung_kings], source())
    assert (quiet.odd, quiet.not_comparable) == ([], [hung_kings])


def test_too_many_rows_fail() -> None:
    (odd,) = found([*even(), extraction(99, MONDAY, 1400)], [MONDAY], source()).odd
    assert (odd.rule, effect_of(source(), odd)) == (TOO_MANY, "fail")


def test_few_rows_are_nobodys_alarm() -> None:
    assert found([*even(rows=12), extraction(99, MONDAY, 4)], [MONDAY], source()).odd == []


def test_what_has_too_few_days_before_it_is_not_comparable() -> None:
    three = [extraction(seq, MONDAY + timedelta(days=seq), 400) for seq in range(3)]
    findings = found([*three, extraction(9, date(2022, 4, 7), 1)], [date(2022, 4, 7)], source())
    assert (findings.compared, findings.not_comparable, findings.odd) == (0, [date(2022, 4, 7)], [])


def test_each_day_of_a_backfill_is_held_against_those_before_it() -> None:
    """Two bad days among the six weeks: both are found when all are asked at once, and neither when another is."""
    bad = {MONDAY - timedelta(days=3), MONDAY - timedelta(days=12)}
    nights = [extraction(e.manifest.seq, e.manifest.day, 100) if e.manifest.day in bad else e for e in even()]
    assert {odd.day for odd in found(nights, DAYS, source()).odd} == bad
    assert found([*nights, extraction(99, MONDAY, 400)], [MONDAY], source()).odd == []


def test_the_open_day_and_a_pull_of_many_days_are_not_comparable() -> None:
    assert found([*even(), extraction(99, MONDAY, 0, came=False)], [MONDAY], source(), today=MONDAY).not_comparable == [MONDAY]
    together = extraction(99, MONDAY, 4000, covers_from=MONDAY - timedelta(days=10), covers_to=MONDAY)
    assert found([*even(), together], [MONDAY], source()).not_comparable == [MONDAY]
    night = extraction(99, MONDAY, 400, covers_from=MONDAY - timedelta(days=1), covers_to=MONDAY)
    assert found([*even(), night], [MONDAY], source()).compared == 1


def test_a_half_empty_snapshot_stops_as_long_as_it_stands() -> None:
    """The days after it do not hide it; a corrected file of its day, or a waiver, does."""
    of = source("snapshot")
    whole, half, next_day = extraction(1, MONDAY, 1000), extraction(2, MONDAY + timedelta(days=1), 500), MONDAY + timedelta(days=2)
    findings = found([whole, half, extraction(3, next_day, 1002)], [next_day], of)
    (odd,) = findings.odd
    assert (odd.day, odd.usual, odd.rule, effect_of(of, odd)) == (half.manifest.day, 1000.0, TOO_FEW, "stop")
    corrected = extraction(3, half.manifest.day, 1001, supersedes=half.manifest.id)
    assert found([whole, half, corrected, extraction(4, next_day, 1002)], [next_day], of).odd == []
    # The next half is held against the last whole one, or against the half that somebody has accepted.
    another = extraction(3, next_day, 510)
    assert len(found([whole, half, another], [next_day], of).odd) == 2
    assert [odd.day for odd in found([whole, half, another], [next_day], of, waived=[half.manifest.day]).odd] == [half.manifest.day]


def test_a_snapshot_that_did_not_come_fails_and_nothing_vanishes() -> None:
    of = source("snapshot")
    days = [MONDAY + timedelta(days=day) for day in range(4)]
    (odd,) = found(
        [extraction(seq, day, 1000) for seq, day in enumerate(days)] + [extraction(9, date(2022, 4, 8), 0, came=False)], [date(2022, 4, 8)], of
    ).odd
    assert (odd.came, effect_of(of, odd)) == (False, "fail")


def test_a_window_that_comes_again_with_half_of_its_rows_stops() -> None:
    of = source().model_copy(update={"delivers": "window"})
    month = {"delivers": "window", "window_from": date(2022, 4, 1), "window_to": date(2022, 4, 30)}
    first = extraction(1, date(2022, 5, 1), 1000, **month)
    second = extraction(2, date(2022, 5, 2), 400, supersedes=first.manifest.id, **month)
    (odd,) = found([first, second], [date(2022, 5, 2)], of).odd
    assert (odd.rule, effect_of(of, odd)) == (TOO_FEW, "stop")


def test_settings_of_a_source_count() -> None:
    of = source().model_copy(update={"volume": Volume(least=0.3, most=1.5, severity="stop")})
    assert found([*even(), extraction(99, MONDAY, 160)], [MONDAY], of).odd == []
    (odd,) = found([*even(), extraction(99, MONDAY, 900)], [MONDAY], of).odd
    assert effect_of(of, odd) == "stop"


@pytest.mark.parametrize(
    ("day", "tet", "working", "first"),
    [
        (date(2022, 4, 5), False, True, False),
        (date(2022, 4, 4), False, True, True),  # a Monday
        (date(2022, 4, 2), False, False, False),  # a Saturday
        (date(2022, 4, 11), False, False, False),  # Hùng Vương
        (date(2022, 4, 12), False, True, True),
        (date(2024, 5, 4), False, True, False),  # a Saturday that was worked instead of a Monday
        (date(2022, 2, 1), True, False, False),  # Tết of 2022, 2023 and 2024
        (date(2023, 1, 12), True, True, False),
        (date(2023, 1, 11), False, True, False),
        (date(2024, 2, 10), True, False, False),
    ],
)
def test_kinds_of_days(day: date, tet: bool, working: bool, first: bool) -> None:
    assert kinds_of("vietnam", day) == ((tet, working, first, day.isoweekday()), (tet, working, first), (tet, working))


def test_other_logs_know_weeks_only() -> None:
    assert is_working("generic", date(2022, 4, 11))
    assert not is_working("generic", date(2024, 5, 4))


def test_what_stops_nothing_is_told_once() -> None:
    """A snapshot that tripled, and an empty one, which makes nothing vanish: on their own days, and not on every day after them."""
    of = source("snapshot")
    for rows, rule in ((4000, TOO_MANY), (0, TOO_FEW)):
        nights = [extraction(1, MONDAY, 1000), extraction(2, MONDAY + timedelta(days=1), rows)]
        (odd,) = found(nights, [MONDAY + timedelta(days=1)], of).odd
        assert (odd.rule, effect_of(of, odd)) == (rule, "fail")
        assert found(nights, [MONDAY + timedelta(days=2)], of).odd == []
