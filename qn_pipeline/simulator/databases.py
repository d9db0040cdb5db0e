"""Specialised databases (Resolution 33): their plans, what becomes of them, and what their owners report month by month.

Belongs here: the courses of databases, their reports with what is wrong with each, and truth of progress. Does not: the workbooks in which
they are told (database_workbook). Months are their first days; amounts are whole đồng; records and money are cumulative at a month's end.
"""

import math
import random
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from qn_pipeline.simulator.calendar import is_working_day
from qn_pipeline.simulator.procedures import PROCEDURES
from qn_pipeline.simulator.seasons import first_of_month
from qn_pipeline.simulator.units import DEPARTMENTS, successor

MILESTONES: Final = ("approved", "procured", "built", "migrated", "connected", "operated")
"""In the order in which a database goes through them."""
_APPROVED, _PROCURED, _BUILT, _MIGRATED, _CONNECTED, _OPERATED = range(6)

BASIS: Final = "Nghị quyết số 33/NQ-HĐND ngày 17/9/2020"
FIRST_DAY: Final = date(2022, 1, 1)
REPORT_DUE: Final = 10
"""The day of the next month on which a report is due."""
GAP: Final = 40
"""From how many percent between progress and money on one of them is missing."""

Dates = tuple[date | None, ...]
"""A date for each milestone, None where it is not reached."""


class Label(StrEnum):
    """What is wrong with a report. All but COPIED follow from what reports tell, beside the report told before."""

    MISSING = "missing"
    """There is none for the month; it tells nothing."""
    LATE = "late"
    """It was sent after the day on which it is due."""
    UNCHANGED = "unchanged"
    """It tells the same records, money and milestones as the one before, and not all was done."""
    COPIED = "copied"
    """It repeats the one before although there was something new; without the true course this looks like UNCHANGED, which it is, too."""
    FALLS = "falls"
    """It tells fewer records, less money or fewer milestones than the one before."""
    OPERATED_WITHOUT_RECORDS = "operated_without_records"
    """It tells that the database is operated, and no records."""
    PROGRESS_WITHOUT_MONEY = "progress_without_money"
    """The weights of the milestones that it tells are GAP points or more above its money in percent of the planned amount."""
    MONEY_WITHOUT_PROGRESS = "money_without_progress"
    """Its money in percent of the planned amount is GAP points or more above the weights of the milestones that it tells."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that is valid from a day on: a date and a weight in percent for each milestone, the weights add to 100."""

    since: date
    dates: tuple[date, ...]
    weights: tuple[int, ...]
    records: int
    amount: int


@dataclass(frozen=True, slots=True)
class Report:
    """What the owner tells for a month; a report that is missing was never sent and tells nothing."""

    month: date
    sent: date | None
    records: int | None
    spent: int | None
    reached: Dates
    expected_finish: date | None
    labels: frozenset[Label]


@dataclass(frozen=True, slots=True)
class Database:
    """A specialised database with its true course.

    `plans` begin with the first and are in force one after the other. `reached` are the true days of the milestones within the horizon.
    `records` and `spent` are true at the end of each month from `start` on, to the horizon. `full` is the day since which it holds the records
    of the plan in force, `finish` the first day on which it does and is operated; None when there is no such day within the horizon. Within a
    month as many records come each day. `reports` has each month once, in order.
    """

    code: str
    name: str
    owner: str
    basis: str
    procedures: tuple[str, ...]
    plans: tuple[Plan, ...]
    reached: Dates
    records: tuple[int, ...]
    spent: tuple[int, ...]
    full: date | None
    finish: date | None
    reports: tuple[Report, ...]

    @property
    def start(self) -> date:
        """The first month, in which the first plan is told."""
        return self.plans[0].since

    @property
    def months(self) -> tuple[date, ...]:
        """The months of `records` and `spent`."""
        return tuple(first_of_month(self.start, place) for place in range(len(self.records)))

    def owner_on(self, day: date) -> str:
        """The unit that owns it on a day: the first owner, or its heir."""
        return successor(self.owner, day)

    def plan_on(self, day: date) -> Plan | None:
        """The plan in force on a day, None before there is one."""
        place = bisect_right([plan.since for plan in self.plans], day)
        return self.plans[place - 1] if place else None

    def records_at(self, month: date) -> int:
        """The records that it truly holds at a month's end."""
        return self.records[_months_between(self.start, month)]

    def report_of(self, month: date) -> Report | None:
        """The report of a month, None when none is due for it."""
        return next((report for report in self.reports if report.month == month), None)


# Truth of progress, in percent


def planned_progress(database: Database, month: date, first_plan: bool = False) -> int:
    """The weights of the milestones that are planned until a month's end, by the plan then in force, or by the first one."""
    end = _end(month)
    plan = database.plans[0] if first_plan else database.plan_on(end)
    return sum(weight for day, weight in zip(plan.dates, plan.weights, strict=True) if day <= end) if plan else 0


def actual_progress(database: Database, month: date) -> int:
    """The weights, by the plan then in force, of the milestones that are truly reached until a month's end."""
    end = _end(month)
    plan = database.plan_on(end)
    return _weigh(plan, _until(database.reached, end)) if plan else 0


def told_progress(database: Database, report: Report) -> int:
    """The weights, by the plan then in force, of the milestones that a report tells."""
    plan = database.plan_on(_end(report.month))
    return _weigh(plan, report.reached) if plan else 0


def _weigh(plan: Plan, reached: Dates) -> int:
    return sum(weight for day, weight in zip(reached, plan.weights, strict=True) if day is not None)


def _until(reached: Dates, end: date) -> Dates:
    return tuple(day if day is not None and day <= end else None for day in reached)


def _end(month: date) -> date:
    return first_of_month(month, 1) - timedelta(days=1)


def _months_between(first: date, month: date) -> int:
    return (month.year - first.year) * 12 + month.month - first.month


# Making them

_TOPICS: Final = (
    ("đất đai", "17", ("L01",)),
    ("cán bộ, công chức, viên chức", "03", ()),
    ("hộ tịch", "04", ("L03",)),
    ("công chứng", "04", ("L02", "L29")),
    ("giáo dục", "15", ("L07",)),
    ("y tế", "16", ("L14", "L15")),
    ("lao động, người có công, bảo trợ xã hội", "13", ("L06", "L08", "L21")),
    ("doanh nghiệp và đầu tư công", "06", ("L10", "L30")),
    ("giá và tài sản công", "05", ("L28",)),
    ("quy hoạch và hạ tầng xây dựng", "10", ("L05",)),
    ("hạ tầng giao thông", "09", ("L11",)),
    ("di tích và du lịch", "14", ("L20",)),
    ("nông nghiệp và rừng", "08", ("L18", "L19")),
    ("công nghiệp và thương mại", "07", ("L16", "L17")),
    ("khoa học công nghệ", "11", ("L27",)),
    ("bưu chính viễn thông", "12", ("L22",)),
    ("khiếu nại tố cáo", "02", ("L24",)),
    ("dân tộc", "19", ("L25",)),
    ("kết quả giải quyết thủ tục hành chính còn hiệu lực", "01", ()),
)
"""Typical names, the department's number, and the fields of the procedures that are served."""

_WEIGHTS: Final = ((10, 15, 25, 25, 15, 10), (5, 15, 20, 30, 15, 15), (10, 10, 30, 20, 15, 15), (5, 10, 25, 35, 10, 15))
_WORKING_DAYS_OF_MONTH = 21
_MILLION = 1_000_000
# Of the money, by what is reached; the rest goes with the records.
_PAID: Final = {_APPROVED: 0.05, _PROCURED: 0.25, _BUILT: 0.3, _OPERATED: 0.2}
_PAID_FOR_RECORDS: Final = 0.2


def databases(seed: int, count: int, months: int = 60, first_day: date = FIRST_DAY) -> list[Database]:
    """So many databases, of all topics in turn, told within the first year and followed for so many months; the same seed gives the same."""
    return [_database(f"databases/{seed}/{number}", number, months, first_day) for number in range(count)]


def course(seed: int, months: int = 60, first_day: date = FIRST_DAY) -> Database:
    """One database: the same seed gives the same, each seed another course."""
    return _database(f"course/{seed}", seed, months, first_day)


def _database(seed: str, number: int, months: int, first_day: date) -> Database:
    rng = random.Random(seed)  # noqa: S311 -- nothing secret
    topic, department, fields = _TOPICS[number % len(_TOPICS)]
    name = f"Cơ sở dữ liệu {topic}" + (f", giai đoạn {number // len(_TOPICS) + 1}" if number >= len(_TOPICS) else "")
    start = first_of_month(first_day, rng.randrange(12))
    run = _Course(rng, _first_plan(rng, start), months)
    made = Database(
        code=f"CSDL-{number + 1:02}",
        name=name,
        owner=next(unit.code for unit in DEPARTMENTS if unit.code[7:9] == department),
        basis=BASIS,
        procedures=tuple(procedure.code for procedure in PROCEDURES if procedure.field in fields),
        plans=tuple(run.plans),
        reached=_until(tuple(run.reached), _end(first_of_month(start, months - 1))),
        records=tuple(run.records),
        spent=tuple(_spending(rng, run, months)),
        full=run.full,
        finish=run.finish,
        reports=(),
    )
    return replace(made, reports=tuple(_reports(rng, made)))


def _first_plan(rng: random.Random, start: date) -> Plan:
    """An optimist's plan: some months for each milestone."""
    gaps = (rng.uniform(1, 4), rng.uniform(2, 4), rng.uniform(4, 9), rng.uniform(6, 18), rng.uniform(1, 4), rng.uniform(1, 3))
    days, day = [], start
    for gap in gaps:
        day += timedelta(days=round(gap * 30.4))
        days.append(day)
    records = round(10 ** rng.uniform(3.7, 6.0), -2)
    amount = rng.randrange(15, 300) * 100 * _MILLION
    return Plan(start, tuple(days), rng.choice(_WEIGHTS), int(records), amount)


@dataclass(frozen=True, slots=True)
class Growth:
    """How records come in: `rate` a month when all goes well, reached after `ramp` months.

    Each month's records are spread by `noise`, the rate itself wanders by `drift` (both standard deviations of logarithms); a month begins
    a stall with the chance `stalls`, which lasts one to five months. Once the plan is reached, only a twentieth comes in.
    """

    rate: float
    ramp: int
    noise: float
    drift: float
    stalls: float


def _growth(rng: random.Random, plan: Plan) -> Growth:
    planned = max((plan.dates[_MIGRATED] - plan.dates[_BUILT]).days / 30.4, 1)
    return Growth(
        rate=plan.records / planned * rng.lognormvariate(-0.25, 0.3),
        ramp=rng.randrange(1, 6),
        noise=rng.uniform(0.08, 0.5),
        drift=rng.choice((0.0, rng.uniform(0.02, 0.12))),
        stalls=rng.choice((0.0, 0.0, rng.uniform(0.02, 0.08))),
    )


class _Course:
    """What becomes of a database, month by month: records come in once it is built, milestones follow, plans are told anew."""

    def __init__(self, rng: random.Random, plan: Plan, months: int) -> None:
        self._rng = rng
        self.plans = [plan]
        self.reached: list[date | None] = [None] * len(MILESTONES)
        self.records: list[int] = []
        self.full: date | None = None
        self.finish: date | None = None
        self._growth = _growth(rng, plan)
        self._level = 0.0  # the logarithm by which the rate has wandered
        self._stalled = 0
        self._worked = 0
        # What is converted from old databases is a share of all.
        self._migrated_at = rng.uniform(0.5, 0.95)
        self._delays = [rng.lognormvariate(0.2, 0.35) for _ in MILESTONES]
        self._stops_before = rng.randrange(len(MILESTONES)) if rng.random() < 0.12 else len(MILESTONES)
        self._tells_anew = rng.random() < 0.6
        self._follow(_APPROVED, plan.since, _BUILT)
        for place in range(months):
            self._month(first_of_month(plan.since, place))

    @property
    def plan(self) -> Plan:
        return self.plans[-1]

    def _follow(self, first: int, since: date, last: int) -> None:
        """Milestones that need nothing but time, from the day on which the one before them was reached."""
        day = since
        for place in range(first, last + 1):
            if place >= self._stops_before:
                return
            before = self.plan.dates[place - 1] if place else self.plan.since
            day += timedelta(days=max(round((self.plan.dates[place] - before).days * self._delays[place]), 5))
            self.reached[place] = day

    def _month(self, month: date) -> None:
        if self.records:
            self._replan(month)
        end, built, held = _end(month), self.reached[_BUILT], self.records[-1] if self.records else 0
        self.records.append(held + self._new_records(month, held))
        if self.reached[_MIGRATED] is None and self._stops_before > _MIGRATED:
            day = self._day_of(month, held, self._migrated_at * self.plan.records)
            if day is not None and built is not None:
                day = max(day, built)  # records of its first month are spread over all of it
                self.reached[_MIGRATED] = day
                self._follow(_CONNECTED, day, _OPERATED)
        operated = self.reached[_OPERATED]
        if self.full is None:
            self.full = self._day_of(month, held, self.plan.records)
        if self.finish is None and self.full is not None and operated is not None and operated <= end:
            self.finish = max(self.full, operated)

    def _new_records(self, month: date, held: int) -> int:
        built, end, growth = self.reached[_BUILT], _end(month), self._growth
        if built is None or built > end:
            return 0
        days = [month + timedelta(days=offset) for offset in range(end.day)]
        worked = sum(is_working_day(day) for day in days if day >= built) / _WORKING_DAYS_OF_MONTH
        self._worked += 1
        self._level += self._rng.gauss(0, growth.drift)
        spread = self._rng.lognormvariate(-(growth.noise**2) / 2, growth.noise)
        if self._stalled:
            self._stalled -= 1
            return 0
        if self._rng.random() < growth.stalls:
            self._stalled = self._rng.randrange(5)
            return 0
        rate = growth.rate * min(self._worked / growth.ramp, 1) * math.exp(min(self._level, 1.5))
        return round(rate * worked * spread * (0.05 if held >= self.plan.records else 1))

    def _day_of(self, month: date, held: int, target: float) -> date | None:
        """The day in a month on which records reach a target, with as many each day; None when they do not."""
        reached = self.records[-1]
        if reached < target:
            return None
        days = _end(month).day
        return next(month + timedelta(days=day - 1) for day in range(1, days + 1) if held + (reached - held) * day / days >= target or day == days)

    def _replan(self, month: date) -> None:
        """A new plan, from a first of a month on, when a milestone is two months overdue: at most two, of those owners who tell anew."""
        plan = self.plan
        if not self._tells_anew or len(self.plans) > 2 or self.finish is not None:
            return
        open_ = [place for place in range(len(MILESTONES)) if not _by(self.reached[place], month)]
        if not open_ or (month - plan.dates[open_[0]]).days < 60 or self._rng.random() > 0.25:
            return
        shift = (month - plan.dates[open_[0]]) + timedelta(days=self._rng.randrange(20, 150))
        dates = tuple(day + shift if place in open_ else day for place, day in enumerate(plan.dates))
        records = int(round(plan.records * self._rng.choice((1, 1, 1, 1.1, 1.25, 0.85)), -2))
        amount = round(plan.amount * self._rng.choice((1, 1, 1.05, 1.15)) / _MILLION) * _MILLION
        self.plans.append(Plan(month, dates, plan.weights, records, amount))
        if self.records[-1] < records:
            self.full = None


def _by(reached: date | None, day: date) -> bool:
    return reached is not None and reached < day


def _spending(rng: random.Random, run: _Course, months: int) -> list[int]:
    """Money at each month's end: it follows what is reached by one to three months, in whole thousands."""
    cost, lag = rng.uniform(0.85, 1.05), rng.randrange(1, 4)
    start, plan = run.plans[0].since, run.plans[0]
    spent: list[int] = []
    for place in range(months):
        before = place - lag
        share = 0.0
        if before >= 0:
            end = _end(first_of_month(start, before))
            share = sum(part for milestone, part in _PAID.items() if _by(run.reached[milestone], end))
            share += _PAID_FOR_RECORDS * min(run.records[before] / plan.records, 1)
        amount = round(plan.amount * cost * share * rng.uniform(0.97, 1.0) / 1000) * 1000
        spent.append(max(amount, spent[-1] if spent else 0))
    return spent


# Reports


@dataclass(frozen=True, slots=True)
class _Owner:
    """What an owner does wrong for months: the first and the last place of a spell, none where the first is above the last."""

    tells_no_money: tuple[int, int]
    tells_no_milestones: tuple[int, int]
    operates_at_once: tuple[int, int]


_NEVER = (1, 0)
_MISSING, _LATE, _COPIED, _MISCOUNTED = 0.05, 0.1, 0.06, 0.03


def _reports(rng: random.Random, database: Database) -> list[Report]:
    """A report a month until three months after the finish, or to the horizon."""
    last = len(database.records) if database.finish is None else min(_months_between(database.start, database.finish) + 4, len(database.records))
    owner = _Owner(*(_spell(rng, last) if rng.random() < chance else _NEVER for chance in (0.12, 0.12, 0.1)))
    reports: list[Report] = []
    before: Report | None = None
    for place, month in enumerate(database.months[:last]):
        told = _honest(rng, database, place)
        if rng.random() < _MISSING:
            reports.append(
                replace(told, sent=None, records=None, spent=None, reached=(None,) * 6, expected_finish=None, labels=frozenset({Label.MISSING}))
            )
            continue
        told = _spoilt(rng, owner, place, told)
        copied = before is not None and rng.random() < _COPIED and _is_news(database, before, told)
        if before is not None and copied:
            told = replace(told, records=before.records, spent=before.spent, reached=before.reached, expected_finish=before.expected_finish)
        due = first_of_month(month, 1) + timedelta(days=REPORT_DUE - 1)
        sent = due + timedelta(days=rng.randrange(1, 35) if rng.random() < _LATE else -rng.randrange(REPORT_DUE))
        told = replace(told, sent=sent)
        labels = labels_of(database, told, before) | ({Label.COPIED} if copied else frozenset())
        before = replace(told, labels=labels)
        reports.append(before)
    return reports


def _spell(rng: random.Random, months: int) -> tuple[int, int]:
    first = rng.randrange(months)
    return first, first + rng.randrange(4, 20)


def _honest(rng: random.Random, database: Database, place: int) -> Report:
    """What is true at a month's end, and an owner's hope."""
    month = database.months[place]
    end = _end(month)
    plan = database.plan_on(end)
    assert plan is not None
    hope = max(plan.dates[_OPERATED], end + timedelta(days=rng.randrange(30, 120)))
    finish = database.finish if database.finish is not None and database.finish <= end else hope
    return Report(month, None, database.records[place], database.spent[place], _until(database.reached, end), finish, frozenset())


def _spoilt(rng: random.Random, owner: _Owner, place: int, told: Report) -> Report:
    if owner.tells_no_money[0] <= place <= owner.tells_no_money[1]:
        told = replace(told, spent=rng.choice((None, 0)))
    if owner.tells_no_milestones[0] <= place <= owner.tells_no_milestones[1]:
        told = replace(told, reached=(None,) * len(MILESTONES))
    if owner.operates_at_once[0] <= place <= owner.operates_at_once[1] and told.reached[_OPERATED] is None:
        told = replace(told, records=rng.choice((None, 0)), reached=(*told.reached[:_OPERATED], told.month + timedelta(days=14)))
    elif told.records and rng.random() < _MISCOUNTED:
        told = replace(told, records=round(told.records * rng.uniform(0.5, 0.9)))
    return told


def _content(report: Report) -> tuple[int | None, int | None, Dates]:
    return report.records, report.spent, report.reached


def labels_of(database: Database, report: Report, before: Report | None) -> frozenset[Label]:
    """What is wrong with a report that was sent, beside the one that was sent for a month before it; COPIED is not among it."""
    plan = database.plan_on(_end(report.month))
    assert plan is not None
    assert report.sent is not None
    progress, money = _weigh(plan, report.reached), (report.spent or 0) * 100 / plan.amount
    found = {
        Label.LATE: report.sent >= first_of_month(report.month, 1) + timedelta(days=REPORT_DUE),
        Label.UNCHANGED: before is not None and _content(before) == _content(report) and not _is_done(plan, report),
        Label.FALLS: before is not None and _falls(report, before),
        Label.OPERATED_WITHOUT_RECORDS: report.reached[_OPERATED] is not None and not report.records,
        Label.PROGRESS_WITHOUT_MONEY: progress - money >= GAP,
        Label.MONEY_WITHOUT_PROGRESS: money - progress >= GAP,
    }
    return frozenset(label for label, is_so in found.items() if is_so)


def _is_news(database: Database, before: Report, told: Report) -> bool:
    plan = database.plan_on(_end(told.month))
    assert plan is not None
    return _content(before) != _content(told) and not _is_done(plan, before)


def _is_done(plan: Plan, report: Report) -> bool:
    return all(report.reached) and (report.records or 0) >= plan.records


def _falls(report: Report, before: Report) -> bool:
    counts: Sequence[tuple[int | None, int | None]] = ((report.records, before.records), (report.spent, before.spent))
    lost = any(then is not None and now is None for now, then in zip(report.reached, before.reached, strict=True))
    return lost or any((now or 0) < (then or 0) for now, then in counts)
