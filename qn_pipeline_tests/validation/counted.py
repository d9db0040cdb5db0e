"""Two simulated years as counts: what a door would have reported of each night, without files or a pipeline."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from qn_pipeline.landing.extractions import Extraction, Manifest
from qn_pipeline.project import AnySource, load_project
from qn_pipeline.simulator import files
from qn_pipeline.simulator.feeds import feeds
from qn_pipeline.simulator.lives import Row
from qn_pipeline.simulator.simulate import simulate
from qn_pipeline.validation.validate import Report, ValidExtraction

START, MONTHS = date(2022, 1, 1), 24
DAYS = [START + timedelta(days=offset) for offset in range((date(2024, 1, 1) - START).days)]
NOWHERE = Path("/nowhere")


@dataclass(frozen=True)
class Counted:
    """Rows by source and day; of dossiers that changed, also the rows without a value by column of the contract. Sizes of snapshots of all dossiers."""

    rows: dict[str, Counter[date]]
    nulls: dict[date, Counter[str]]
    sizes: dict[date, int]


@cache
def source(delivers: Literal["snapshot", "changes"] = "changes") -> AnySource:
    """The simulated system's dossiers, as its project declares them."""
    with TemporaryDirectory() as folder:
        files.project(Path(folder), START, delivers)
        return load_project(Path(folder)).source("mot_cua")


@cache
def two_years(dossiers: int, seed: int) -> Counted:
    """What changed on each day, the steps of that day, the post's work, calls, and how many dossiers there are at its end."""
    province = simulate(dossiers, MONTHS, seed, START)
    others = feeds(province, seed, (), START)
    changed, steps, shown = Counter[date](), Counter[date](), Counter[date]()
    nulls: dict[date, Counter[str]] = {day: Counter() for day in DAYS}
    # An empty cell with a default has a value.
    sources = {name: column.source for name, column in source().mapping.columns.items() if column.source and column.default is None}
    for dossier in province.dossiers:
        last = {fact.at.date(): fact for fact in dossier.facts if fact.at.date() <= DAYS[-1]}
        steps.update(fact.at.date() for fact in dossier.facts)
        was_shown = False
        for day, fact in sorted(last.items()):
            is_shown = fact.state is not None
            shown[day] += is_shown - was_shown
            was_shown = is_shown
            if fact.state is not None:
                changed[day] += 1
                row = files.national_row(Row(dossier, fact.state, fact.at))
                nulls[day].update(name for name, column in sources.items() if _at(row, column) in (None, ""))
    sizes, size = {}, 0
    for day in DAYS:
        size += shown[day]
        sizes[day] = size
    rows = {
        "dossiers": changed,
        "dossier_actions": steps,
        "postal_events": Counter(piece.day for piece in others.pieces),
        "feedback": Counter(contact.received_at.date() for contact in others.contacts),
    }
    return Counted(rows, nulls, sizes)


def _at(row: dict[str, Any], column: str) -> object:
    """A column's value, or that of the first of a list of objects."""
    if not column.startswith("/"):
        return row[column]
    key, _, name = column.strip("/").split("/")
    return row[key][0][name] if row[key] else None


def extraction(seq: int, day: date, rows: int, came: bool = True, **told: object) -> Extraction:
    """An extraction of that source, whose rows are nowhere; without a delivery it is a day on which nothing came."""
    manifest = {
        "id": f"{seq:06d}-x",
        "seq": seq,
        "source": "mot_cua",
        "system": "mot_cua",
        "entity": "dossiers",
        "day": day,
        "file": f"data/ho_so_{day}.jsonl" if came else None,
        "delivers": "changes",
        "extracted_at": f"{day + timedelta(days=1)}T01:30:00+07:00",
        "rows": rows,
        "columns": source().mapping.source_columns,
        "connector": "files/1",
    }
    return Extraction(Manifest.model_validate({**manifest, **told}), NOWHERE)


def reported(of: Extraction, quarantined: int = 0, nulls: dict[str, int] | None = None, violations: dict[str, int] | None = None) -> ValidExtraction:
    """What the door would have reported of an extraction."""
    rows = of.manifest.rows
    report = Report(
        fingerprint="x",
        arrived=rows,
        valid=rows - quarantined,
        quarantined=quarantined,
        violations=violations or {},
        complete=True,
        nulls=nulls or {},
    )
    return ValidExtraction(of, NOWHERE, report)


def nights(counted: Counted, days: Sequence[date]) -> list[ValidExtraction]:
    """The nights of changed dossiers, as they were reported."""
    names = source().mapping.columns
    return [
        reported(extraction(seq, day, counted.rows["dossiers"][day]), nulls={name: counted.nulls[day][name] for name in names})
        for seq, day in enumerate(days, start=1)
    ]
