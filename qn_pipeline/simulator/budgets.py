"""Agencies' budgets, line by line and month by month, and what they add up to.

Belongs here: the lines, their amounts, and sums of them as truth. Does not: what is digital transformation (budget_rules), or how a line is
typed into a workbook (budget_workbook). Amounts are whole đồng, cumulative since the year began, as they stand at a month's end.
"""

import random
from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final, Literal

from qn_pipeline.simulator.budget_rules import LAND_PROJECT, RULES, THE_PROJECT, Rule, decide, rules
from qn_pipeline.simulator.units import DEPARTMENTS, DISTRICTS, UNIT_BY_CODE, Unit, successor

__all__ = ["PLAN", "STATES", "Amounts", "Key", "Kind", "Line", "Source", "budgets", "last_day", "reported", "rules", "sums", "truth"]

Kind = Literal["investment", "recurrent"]
Source = Literal["central", "provincial", "district", "commune", "other"]
Key = tuple[str, Kind, Source, bool | None]
"""The unit that reports a line, its kind, its source, and whether it is digital transformation."""

STATES: Final = ("need", "estimate", "adjustment", "carried_over", "allotted", "expected", "disbursed", "settled")
"""The states of money, in the order of the workbooks' columns."""
PLAN: Final = "plan"
"""What may be spent: estimate, adjustment and carried-over plan together; for sums only, no state of its own."""

_MILLION = 1_000_000
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Amounts:
    """A line at a month's end, in đồng; None where nothing is told."""

    need: int | None = None
    estimate: int | None = None
    adjustment: int | None = None
    carried_over: int | None = None
    allotted: int | None = None
    expected: int | None = None
    disbursed: int | None = None
    settled: int | None = None

    def of(self, state: str) -> int | None:
        """The amount of a state, or of the plan."""
        if state != PLAN:
            value: int | None = getattr(self, state)
            return value
        told = [amount for amount in (self.estimate, self.adjustment, self.carried_over) if amount is not None]
        return sum(told) if told else None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an agency's budget of a year; codes and texts are empty where it has none.

    `agency` is the unit whose budget it was when the year began. `months` has the twelve month ends, None before there was the line.
    `closed` is the last of them once the year is settled. `parts` are what is typed below the line as "Trong đó", in percent of it.
    """

    agency: str
    year: int
    kind: Kind
    source: Source
    section: str
    chapter: str
    category: str
    item: str
    subitem: str
    project: str
    name: str
    tag: str
    months: tuple[Amounts | None, ...]
    closed: Amounts | None
    parts: tuple[tuple[str, int], ...] = ()

    def at(self, month: int, closed: bool = False) -> Amounts | None:
        """Its amounts at the end of a month, 1 to 12; when closed, those of the settled year."""
        return self.closed if closed else self.months[month - 1]

    def reporter(self, month: int) -> str | None:
        """The unit that reports it for a month: a department's heir goes on with its lines, those of an ended district are told no more."""
        day = last_day(self.year, month)
        unit = UNIT_BY_CODE[self.agency]
        if unit.level == "district":
            return self.agency if unit.valid_on(day) else None
        return successor(self.agency, day)

    def is_digital(self, month: int, chosen: Sequence[Rule] = RULES) -> bool | None:
        """Whether it is digital transformation at a month's end; None when no rule decides."""
        return decide(self, last_day(self.year, month), chosen)


def last_day(year: int, month: int) -> date:
    """The last day of a month."""
    return date(year, month, monthrange(year, month)[1])


# Truth


def reported(lines: Iterable[Line], year: int, month: int, closed: bool = False) -> Iterator[tuple[str, Line, Amounts]]:
    """The lines of a month's report, each with the unit that reports it and its amounts."""
    for line in lines:
        if line.year == year:
            unit, amounts = line.reporter(month), line.at(month, closed)
            if unit is not None and amounts is not None:
                yield unit, line, amounts


def truth(lines: Iterable[Line], year: int, month: int, closed: bool = False, chosen: Sequence[Rule] = RULES) -> dict[Key, dict[str, int]]:
    """What lines add up to in đồng at a month's end, state by state; a state that no line of a key tells is not there."""
    totals: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for unit, line, amounts in reported(lines, year, month, closed):
        of_key = totals[unit, line.kind, line.source, line.is_digital(month, chosen)]
        for state in STATES:
            amount = amounts.of(state)
            if amount is not None:
                of_key[state] += amount
    return {key: dict(states) for key, states in totals.items()}


def sums(
    lines: Iterable[Line],
    year: int,
    month: int,
    state: str,
    by: Sequence[Literal["unit", "kind", "source", "digital"]] = ("unit", "kind", "source"),
    closed: bool = False,
) -> dict[tuple[Any, ...], int]:
    """One state of money, or PLAN, in đồng at a month's end, by what is asked for: of the keys ("000.00.03.H47", "recurrent", "provincial")."""
    totals: dict[tuple[Any, ...], int] = defaultdict(int)
    for unit, line, amounts in reported(lines, year, month, closed):
        amount = amounts.of(state)
        if amount is not None:
            told = {"unit": unit, "kind": line.kind, "source": line.source, "digital": line.is_digital(month)}
            totals[tuple(told[name] for name in by)] += amount
    return dict(totals)


# Making them

_CHAPTERS: Final = {
    "000.00.01.H47": "405",
    "000.00.02.H47": "437",
    "000.00.03.H47": "435",
    "000.00.04.H47": "414",
    "000.00.05.H47": "418",
    "000.00.06.H47": "413",
    "000.00.07.H47": "416",
    "000.00.08.H47": "412",
    "000.00.09.H47": "421",
    "000.00.10.H47": "419",
    "000.00.11.H47": "417",
    "000.00.12.H47": "427",
    "000.00.13.H47": "424",
    "000.00.14.H47": "425",
    "000.00.15.H47": "422",
    "000.00.16.H47": "423",
    "000.00.17.H47": "426",
    "000.00.18.H47": "411",
    "000.00.19.H47": "483",
    "000.00.20.H47": "412",
    "000.00.21.H47": "483",
}
_DISTRICT_CHAPTER = "605"
# Money of schools and hospitals lies in their own sectors: a sector alone does not tell what is digital.
_SECTORS: Final = {"422": "073", "423": "132"}
_ADMINISTRATION = "341"
_INFORMATION, _TECHNOLOGY = "171", "314"
_SECTOR = ""  # of a task: the agency's own sector
_OFFICE, _SERVICES = "Chi quản lý hành chính", "Chi sự nghiệp"
_GOING_ON, _NEW = "Dự án chuyển tiếp", "Dự án khởi công mới"


@dataclass(frozen=True, slots=True)
class _Task:
    """What an agency spends recurrent money on; `size` is a usual year's đồng in millions, `share` of the agencies do it."""

    section: str
    category: str
    item: str
    subitem: str
    name: str
    size: int
    share: float = 0.6
    tag: str = ""
    parts: tuple[tuple[str, int], ...] = ()


_TASKS: Final = (
    _Task(_OFFICE, _ADMINISTRATION, "6000", "6001", "Lương theo ngạch, bậc", 4200, 1.0),
    _Task(_OFFICE, _ADMINISTRATION, "6100", "6101", "Phụ cấp chức vụ", 380, 1.0),
    _Task(_OFFICE, _ADMINISTRATION, "6550", "6551", "Văn phòng phẩm", 120, 0.9),
    _Task(_OFFICE, _ADMINISTRATION, "6600", "6603", "Cước bưu chính, trả kết quả qua dịch vụ bưu chính công ích", 90),
    _Task(_OFFICE, _ADMINISTRATION, "6600", "6605", "Cước internet, mạng truyền số liệu chuyên dùng", 140, 0.5, "CĐS"),
    _Task(_OFFICE, _ADMINISTRATION, "6600", "6605", "Cước internet", 60, 0.4),
    _Task(_OFFICE, _ADMINISTRATION, "6600", "6606", "Tuyên truyền NGÀY CHUYỂN ĐỔI SỐ quốc gia 10/10", 80, 0.5),
    _Task(_OFFICE, _ADMINISTRATION, "6750", "6754", "Thuê thiết bị họp trực tuyến", 150, 0.4),
    _Task(_OFFICE, _ADMINISTRATION, "6750", "6799", "Thuê dịch vụ công nghệ thông tin: hệ thống một cửa điện tử", 700, 0.5),
    _Task(_OFFICE, _ADMINISTRATION, "6750", "6799", "Thuê bảo vệ, tạp vụ", 220),
    _Task(_OFFICE, _ADMINISTRATION, "6900", "6912", "Sửa chữa máy tính, thiết bị mạng", 70),
    _Task(
        *(_OFFICE, _ADMINISTRATION, "6950", "6956", "Mua sắm thiết bị công nghệ thông tin", 450, 0.7, ""),
        (("Máy tính để bàn", 55), ("Máy tính xách tay", 30), ("Thiết bị lưu trữ", 15)),
    ),
    _Task(_OFFICE, _ADMINISTRATION, "6950", "6956", "Mua máy photocopy, máy hủy tài liệu", 130, 0.4),
    _Task(_OFFICE, _ADMINISTRATION, "6950", "6955", "Tài sản và thiết bị văn phòng", 160),
    _Task(_OFFICE, _ADMINISTRATION, "7050", "7053", "Bảo trì phần mềm kế toán, quản lý tài sản", 65, 0.8),
    _Task(_OFFICE, _ADMINISTRATION, "6650", "6699", "Hội nghị tổng kết năm", 110),
    _Task(
        *(_SERVICES, _SECTOR, "6750", "6799", "Số hóa kết quả giải quyết thủ tục hành chính còn hiệu lực", 1300, 0.5, ""),
        (("Quét, nhập dữ liệu", 60), ("Kiểm tra, ký số", 25)),
    ),
    _Task(_SERVICES, _SECTOR, "7050", "7054", "Xây dựng phần mềm chuyên ngành", 900, 0.4),
    _Task(_SERVICES, _SECTOR, "6750", "6758", "Tập huấn kỹ năng số cho cán bộ, công chức", 180, 0.5, "Chuyển đổi số"),
    # The words are there, the phrase is not.
    _Task(_SERVICES, _SECTOR, "7000", "7049", "Chuyển đổi mô hình sản xuất, số lượng 12 điểm", 420, 0.3),
    _Task(_SERVICES, _INFORMATION, "7050", "7053", "Duy trì cổng thông tin điện tử", 240, 0.5),
    _Task(_SERVICES, _TECHNOLOGY, "7000", "7049", "Phát triển nền tảng dùng chung của ngành", 650, 0.5),
    _Task(
        _SERVICES, _SECTOR, "7000", "7012", "Nhiệm vụ chuyên môn của ngành", 2600, 0.9, "", (("Kiểm tra, giám sát", 35), ("Điều tra, thống kê", 40))
    ),
)


@dataclass(frozen=True, slots=True)
class _Project:
    """An investment project; `size` is a year's đồng in millions, `lines` are items with what they are called and their share in percent."""

    project: str
    category: str
    name: str
    size: int
    sources: tuple[Source, ...] = ("provincial",)
    lines: tuple[tuple[str, str, int], ...] = (("9350", "thiết bị", 70), ("9400", "chi phí khác", 30))


_PROJECTS: Final[dict[str, tuple[_Project, ...]]] = {
    "427": (
        _Project(
            *(THE_PROJECT, _TECHNOLOGY, "Xây dựng chính quyền điện tử hướng đến chính quyền số", 62_000, ("central", "provincial")),
            (("9300", "cải tạo phòng máy", 10), ("9350", "thiết bị và hệ thống dùng chung", 75), ("9400", "chi phí khác", 15)),
        ),
        _Project("7952118", _INFORMATION, "Nâng cấp đài truyền thanh cơ sở", 5_400),
    ),
    "426": (_Project(LAND_PROJECT, _ADMINISTRATION, "Hồ sơ địa chính, dữ liệu đất đai", 18_000, ("central", "provincial")),),
    "422": (_Project("7960033", "073", "Trường học thông minh: phần mềm và thiết bị", 9_000, ("provincial", "other")),),
    "423": (
        _Project(
            "7961470", "132", "Bệnh án điện tử", 12_500, ("provincial",), (("9350", "cơ sở dữ liệu và thiết bị", 80), ("9400", "chi phí khác", 20))
        ),
        _Project("7961471", "132", "Nâng cấp trạm y tế", 16_000, ("central", "provincial"), (("9300", "xây lắp", 85), ("9400", "chi phí khác", 15))),
    ),
    "405": (
        _Project(
            "7944402",
            _ADMINISTRATION,
            "Trung tâm Phục vụ hành chính công",
            7_500,
            ("provincial",),
            (("9300", "trụ sở, phần mềm", 60), ("9350", "thiết bị", 40)),
        ),
    ),
    "421": (
        _Project(
            "7930908", "292", "Đường giao thông liên vùng", 95_000, ("central", "provincial"), (("9300", "xây lắp", 90), ("9400", "chi phí khác", 10))
        ),
    ),
    "435": (_Project("7955061", _ADMINISTRATION, "Kho lưu trữ chuyên dụng và số hóa tài liệu, cơ sở dữ liệu lưu trữ", 6_200),),
    _DISTRICT_CHAPTER: (
        _Project("7970{}", _ADMINISTRATION, "Nhà làm việc UBND xã", 4_300, ("district", "commune"), (("9300", "xây lắp nhà làm việc", 100),)),
        _Project("7971{}", _ADMINISTRATION, "Trang thiết bị chuyển đổi số cấp xã", 1_900, ("district", "provincial")),
    ),
}


def budgets(seed: int, years: Sequence[int], agencies: Sequence[Unit] | None = None) -> list[Line]:
    """All lines of years, of all departments and each third district unless told otherwise; the same seed gives the same lines.

    What an agency spends on and its projects go on from year to year; a project carries over what it did not spend.
    """
    chosen = (*DEPARTMENTS, *DISTRICTS[::3]) if agencies is None else agencies
    lines: list[Line] = []
    for unit in chosen:
        rng = random.Random(f"budgets/{seed}/{unit.code}")  # noqa: S311 -- nothing secret
        tasks = [task for task in _TASKS if rng.random() < task.share]
        size = rng.lognormvariate(0, 0.4)
        left: dict[tuple[str, str, str, str], int] = {}
        for year in sorted(years):
            if unit.valid_on(date(year, 1, 1)):
                lines.extend(_recurrent(rng, unit, year, tasks, size))
                lines.extend(_investment(rng, unit, year, size, left))
    return lines


def _chapter(unit: Unit) -> str:
    return _CHAPTERS.get(unit.code, _DISTRICT_CHAPTER)


def _recurrent(rng: random.Random, unit: Unit, year: int, tasks: Sequence[_Task], size: float) -> Iterator[Line]:
    chapter = _chapter(unit)
    own: Source = "district" if unit.level == "district" else "provincial"
    for task in tasks:
        # Some money comes within the year, and the line with it.
        since = rng.randrange(3, 10) if task.section == _SERVICES and rng.random() < 0.15 else 1
        months, closed = _amounts(rng, _whole(task.size * size * rng.lognormvariate(0, 0.3)), since, None)
        [source] = rng.choices((own, "central", "other"), (0.85, 0.1, 0.05))
        yield Line(
            agency=unit.code,
            year=year,
            kind="recurrent",
            source=source,
            section=task.section,
            chapter=chapter,
            category=task.category or _SECTORS.get(chapter, _ADMINISTRATION),
            item=task.item,
            subitem=task.subitem,
            project="",
            name=task.name,
            tag=task.tag if rng.random() < 0.8 else "",
            months=months,
            closed=closed,
            parts=task.parts,
        )


def _investment(rng: random.Random, unit: Unit, year: int, size: float, left: dict[tuple[str, str, str, str], int]) -> Iterator[Line]:
    """Lines of an agency's projects; `left` has what the year before did not spend, by line, and gets what this year leaves."""
    chapter = _chapter(unit)
    for project in _PROJECTS.get(chapter, ()):
        code = project.project.format(unit.code[7:9] + "5")
        for source in project.sources:
            for item, what, share in project.lines:
                line_of = (code, source, item, what)
                amount = _whole(project.size * size * share / 100 / len(project.sources) * rng.lognormvariate(0, 0.2))
                months, closed = _amounts(rng, amount, 1, left.get(line_of, 0))
                yield Line(
                    agency=unit.code,
                    year=year,
                    kind="investment",
                    source=source,
                    section=_GOING_ON if line_of in left else _NEW,
                    chapter=chapter,
                    category=project.category,
                    item=item,
                    subitem="",
                    project=code,
                    name=f"{project.name}: {what}",
                    tag="",
                    months=months,
                    closed=closed,
                )
                unspent = ((closed and closed.of(PLAN)) or 0) - ((closed and closed.disbursed) or 0)
                left[line_of] = max(unspent // _MILLION * _MILLION, 0)


def _whole(millions: float) -> int:
    """Đồng in whole millions, and not few of them: next to nothing is written as 5E-05 in tỷ đồng, which no one reads."""
    return max(round(millions), 20) * _MILLION


def _amounts(rng: random.Random, estimate: int, since: int, left: int | None) -> tuple[tuple[Amounts | None, ...], Amounts]:
    """The twelve month ends of a line, and the last once it is settled; `left` is last year's plan of an investment line, None of any other."""
    first, moves = estimate, _moves(rng, estimate)
    if since > 1:
        first, moves = 0, [(since, estimate)]
    need = _round(estimate * rng.uniform(1.0, 1.5), _MILLION)
    carried_from = rng.randrange(2, 5)
    # Investment starts late and is paid at the year's end.
    begins, steep = (rng.randrange(1, 3), rng.uniform(0.9, 1.3)) if left is None else (rng.randrange(1, 6), rng.uniform(1.0, 2.4))
    allotted_by = rng.randrange(1, 6)
    spends, step = rng.uniform(0.7, 1.0), rng.choice((1, 1, 1000))
    corrected_in = rng.randrange(4, _MONTHS) if rng.random() < 0.08 else 0
    overspends = rng.random() < 0.015
    tells_expected = rng.random() < 0.85
    months: list[Amounts | None] = []
    disbursed = 0
    for month in range(1, _MONTHS + 1):
        if month < since:
            months.append(None)
            continue
        adjustment = sum(amount for start, amount in moves if start <= month)
        carried = left if left and month >= carried_from else None
        allotted = first + adjustment if month >= max(allotted_by, since) else _round((first + adjustment) * 0.6, _MILLION)
        ceiling = allotted + (carried or 0)
        if month >= max(begins, since):
            reached = ceiling * spends * ((month - begins + 1) / (_MONTHS - begins + 1)) ** steep * rng.uniform(0.85, 1.0)
            disbursed = min(max(disbursed, _round(reached, step)), ceiling)
        if month == corrected_in:
            disbursed = _round(disbursed * rng.uniform(0.8, 0.97), step)
        if month == _MONTHS and overspends:
            disbursed = _round(ceiling * 1.04, step)
        if disbursed < _MILLION:
            disbursed = 0
        expected = _round(disbursed * rng.uniform(0.95, 1.1), _MILLION) if tells_expected else None
        told_adjustment = adjustment if any(start <= month for start, _ in moves) else None
        months.append(Amounts(need, first, told_adjustment, carried, allotted, expected, disbursed))
    last = months[-1]
    assert last is not None
    settled = _round(disbursed * rng.choice((1.0, 1.0, 0.995, 0.97)), 1)
    return tuple(months), Amounts(*(settled if field.name == "settled" else getattr(last, field.name) for field in fields(Amounts)))


def _moves(rng: random.Random, estimate: int) -> list[tuple[int, int]]:
    """From which month on how much is added or taken away; all together never takes half."""
    count = rng.choices((0, 1, 2), (0.6, 0.3, 0.1))[0]
    return [(rng.randrange(3, _MONTHS + 1), _round(estimate * rng.uniform(-0.22, 0.3), _MILLION)) for _ in range(count)]


def _round(amount: float, step: int) -> int:
    return round(amount / step) * step
