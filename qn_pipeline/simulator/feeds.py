"""The feeds besides the one-stop shop as they arrive day by day: the post's log, budgets, specialised databases, 1022.

Belongs here: which of their files come on which day, and the part of qn.yaml that reads them. Does not: what they tell, or how it is spelt.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import yaml

from qn_pipeline.simulator import budget_workbook, database_workbook, hotline, hotline_files, post, post_files
from qn_pipeline.simulator.budget_rules import rules
from qn_pipeline.simulator.budgets import Line, budgets
from qn_pipeline.simulator.databases import REPORT_DUE, Database, databases
from qn_pipeline.simulator.lives import Province
from qn_pipeline.simulator.seasons import first_of_month
from qn_pipeline.simulator.units import DEPARTMENTS

RESOLUTION = date(2020, 10, 1)
"""The month after Resolution 33, with which plans of databases begin."""
KINDS = (post_files, hotline_files, budget_workbook, database_workbook)


@dataclass(frozen=True)
class Feeds:
    """What there is to tell. Budgets are those of some departments, so that a demo is not about them alone."""

    pieces: list[post.Piece]
    contacts: list[hotline.Contact]
    lines: list[Line]
    databases: list[Database]


def feeds(
    province: Province, seed: int, years: tuple[int, ...], post_since: date, contacts_a_day: float = 15, agencies: int = 5, count: int = 19
) -> Feeds:
    """The feeds of a province, of which the post's log begins on a day; the same seed gives the same."""
    return Feeds(
        [piece for piece in post.pieces(province, seed) if piece.day >= post_since],
        hotline.contacts(province, seed, contacts_a_day),
        budgets(seed, years, DEPARTMENTS[:agencies]),
        databases(seed, count, first_day=RESOLUTION),
    )


def write_days(made: Feeds, folder: Path, first: date, last: date) -> None:
    """The files that come on the days from first to last.

    The post's come each working day. The hotline's list comes at each month's end and on the last day, plans of databases on the first of a month,
    what their owners have reported on the day after reports are due, and budgets of a month on the same day, by month.
    """
    for day in _days(first, last):
        post_files.write_day(made.pieces, folder, day)
        if day == last or (day + timedelta(days=1)).day == 1:
            hotline_files.write_snapshot(made.contacts, folder, day)
        if day.day == 1:
            database_workbook.write_plan(made.databases, folder, day)
        if day.day == REPORT_DUE + 1:
            told = first_of_month(day.replace(day=1), -1)
            # The first file brings all that was reported before.
            since = date.min if told < first else told.replace(day=REPORT_DUE + 1)
            database_workbook.write_reports(made.databases, folder, day, since)
            budget_workbook.write_month(made.lines, folder, told.year, told.month)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=offset) for offset in range((last - first).days + 1))


def add_to_project(folder: Path) -> None:
    """Let a project read the feeds: their sources and mappings, what is digital-transformation money, and the contracts with the post."""
    file = folder / "qn.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    for kind in KINDS:
        settings["sources"] |= kind.sources()
        for source in kind.sources().values():
            (folder / source["files"]).parent.mkdir(parents=True, exist_ok=True)
        for path, mapping in kind.mappings().items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(yaml.safe_dump(mapping, allow_unicode=True, sort_keys=False), encoding="utf-8")
    settings["digital_transformation"] = {"rules": rules()}
    settings["post"] = {"contracts": post_files.contracts()}
    file.write_text(yaml.safe_dump(settings, allow_unicode=True, sort_keys=False), encoding="utf-8")
