"""Random deliveries, corrections and absences: what stands after each night equals a naive replay in plain Python."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from qn_pipeline_tests.support import LIVES, Pipeline, dossier, engine_environment, versioned, write_csv, write_project

DAYS = [date(2022, 6, day) for day in range(5, 11)]
NUMBERS = range(1, 15)
SOURCES = {
    "changes": {"files": "data/changes_{day}.csv"},
    "versioned": {"files": "data/versioned_{day}.csv", "mapping": "versioned.yaml"},
    "snapshot": {"files": "data/snapshot_{day}.csv", "delivers": "snapshot", "mapping": "versioned.yaml"},
    "window": {"files": "data/window_{month}_{day}.csv", "delivers": "window", "window": {"by": "received_at", "span": "month"}},
}
RECEIVED = {"2022-05": "2022-05-10 08:00:00", "2022-06": "2022-06-01 08:00:00"}


@dataclass(frozen=True)
class Row:
    code: str
    status: int
    month: str
    updated: str
    good: bool


@dataclass(frozen=True)
class Delivery:
    """A file as it was landed: its rows, in their order."""

    source: str
    day: date
    name: str
    month: str
    rows: tuple[Row, ...]

    @property
    def complete(self) -> bool:
        return all(row.code for row in self.rows)

    def holds(self, code: str, good_only: bool = False) -> bool:
        return any(row.code == code and (row.good or not good_only) for row in self.rows)


def standing(deliveries: list[Delivery], source: str) -> dict[str, int]:
    """By code the status that stands, from the meaning of deliveries as docs/mapping.md tells it; deliveries in the order of landing."""
    mine = [(seq, delivery) for seq, delivery in enumerate(deliveries) if delivery.source == source]
    current = [(seq, d) for seq, d in mine if not any(later > seq and o.name == d.name for later, o in mine)]
    result = {}
    for code in {row.code for _, d in mine for row in d.rows if row.code}:
        tellings = [(d.day, seq, place, row, d) for seq, d in mine for place, row in enumerate(d.rows) if row.code == code and row.good]
        kept = [
            telling
            for telling in tellings
            if not any(takes_back(o, telling[3]) for later, o in mine if later > telling[1] and o.name == telling[4].name)
        ]
        ends = list(absences(kept, current, source))
        alive = [telling for telling in kept if not any(telling[:2] < end for end in ends)]
        if alive:
            result[code] = max(alive, key=lambda t: (t[3].updated if source in ("versioned", "snapshot") else "", t[0], t[4].name, t[1], t[2]))[
                3
            ].status
    return result


def takes_back(correction: Delivery, row: Row) -> bool:
    if row in correction.rows:
        return False
    return correction.holds(row.code, good_only=True) or (correction.complete and not correction.holds(row.code))


def absences(kept: list[tuple[date, int, int, Row, Delivery]], current: list[tuple[int, Delivery]], source: str) -> Iterator[tuple[date, int]]:
    """Day and landing of each delivery that says a key is gone."""
    ordered = sorted(kept, key=lambda telling: telling[:3])
    for seq, delivery in current:
        if not kept or not delivery.complete or delivery.holds(kept[0][3].code):
            continue
        before = [telling for telling in ordered if telling[:2] < (delivery.day, seq)]
        if (source == "snapshot" and any(t[0] < delivery.day for t in before)) or (
            source == "window" and before and before[-1][3].month == delivery.month
        ):
            yield delivery.day, seq


def random_rows(chance: random.Random, source: str, month: str) -> list[Row]:
    rows = []
    for number in NUMBERS:
        if chance.random() < 0.55:
            received = month if source == "window" else "2022-06"
            # Systems spell one dossier differently: each takes part in deciding which of them is counted.
            agency = "H47.33" if source in ("versioned", "window") else "000.00.33.H47"
            code = f"{agency}-{RECEIVED['2022-06'][2:10].replace('-', '')}-{number:04}"
            updated = f"2022-06-0{chance.randint(1, 5)} 0{chance.randint(1, 3)}:00:00" if source in ("versioned", "snapshot") else ""
            rows.append(Row(code, chance.choice([2, 4, 5]), received, updated, good=chance.random() > 0.1))
    if chance.random() < 0.15:
        rows.append(Row("", 4, month, "2022-06-01 01:00:00" if source in ("versioned", "snapshot") else "", good=False))
    return rows


def as_csv(row: Row) -> dict[str, object]:
    told = dossier(1, status=row.status, received=RECEIVED[row.month], updated=row.updated, channel="direct" if row.good else "fax")
    return told | {"code": row.code}


@pytest.mark.parametrize(("seed", "engine"), [(2, "duckdb"), (3, "postgres")])
def test_what_stands_equals_a_naive_replay(tmp_path: Path, request: pytest.FixtureRequest, seed: int, engine: str) -> None:
    chance = random.Random(seed)
    with engine_environment(engine, request):
        pipeline = Pipeline(
            write_project(tmp_path / "p", {name: {"system": name} | source for name, source in SOURCES.items()}, {"versioned.yaml": versioned()})
        )
        deliveries: list[Delivery] = []
        files: dict[str, Delivery] = {}
        for night in range(3):
            days = chance.sample(DAYS, 4)
            for source in SOURCES:
                for day in days:
                    month = chance.choice(list(RECEIVED))
                    name = f"window_{month}_{day}" if source == "window" else f"{source}_{day}"
                    files[name] = Delivery(source, day, name, month, tuple(random_rows(chance, source, month)))
                    write_csv(tmp_path / f"p/data/{name}.csv", [as_csv(row) for row in files[name].rows])
            pipeline.run(*sorted(DAYS), select=LIVES, command="run")
            landed = pipeline.query("select file from valid.extractions where file is not null order by extraction_seq")
            for (file,) in landed[len(deliveries) :]:
                deliveries.append(files[str(file).removeprefix("data/").removesuffix(".csv")])
            for source in SOURCES:
                got = dict(pipeline.query(f"select code, status from core.fct_dossier where system = '{source}'"))
                assert got == standing(deliveries, source), f"{source} after night {night}"
        kept = pipeline.kept(LIVES)
        pipeline.build_anew(LIVES)
        assert pipeline.kept(LIVES) == kept
        pipeline.build_in_parts(3)
        assert pipeline.kept(LIVES) == kept, "made in parts, it is the same"
