"""Dossiers worked out by hand (hand_worked.md) get the verdicts that are written there, each line a test."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from qn_pipeline_tests.support import MAPPING, MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

TABLE = Path(__file__).with_name("hand_worked.md")
HALL, CLOSED = "000.00.33.H47", "000.01.33.H47"
LAST = date(2025, 12, 31)
STATUSES = {"done": 9, "returned": 10, "withdrawn": 7, "stopped": 8, "refused": 3, "asked": 5, "billed": 6}
KINDS = {
    "done": "finished",
    "asked": "supplement_requested",
    "answered": "supplemented",
    "billed": "payment_requested",
}
SETTINGS: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "Due dates hold the pauses": ({}, {}),
    "Due dates do not hold the pauses": ({"due_includes_pauses": False}, {}),
    "The next working day's closing": ({}, {"deadline_rule": "next_day"}),
    "Told by versions alone": ({}, {}),
}
"""Of each part of the table, what the source says, and what the project does."""
VERSIONS = "Told by versions alone"


@dataclass(frozen=True)
class Step:
    at: datetime
    what: str


@dataclass(frozen=True)
class Case:
    """A line of the table."""

    part: str
    name: str
    limit: str
    received: datetime
    due: tuple[tuple[str, datetime], ...]
    steps: tuple[Step, ...]
    status: int | None
    ended: datetime | None
    verdicts: list[str]
    local: list[str]
    why: str

    @property
    def unit(self) -> str:
        return CLOSED if "closed" in self.name else HALL


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def cases() -> Iterator[Case]:
    part = ""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            part = line[3:]
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if len(cells) == 8 and cells[0] not in ("case", "---"):
            yield case(part, cells)


def case(part: str, cells: list[str]) -> Case:
    name, limit, received, due, told, verdicts, local, why = cells
    words = [word.strip() for word in told.split(";") if word.strip()]
    status = [int(word.split()[1]) for word in words if word.startswith("status")]
    ended = [moment(word.removeprefix("ended ")) for word in words if word.startswith("ended")]
    steps = [word.rsplit(" ", 1) for word in words if not word.startswith(("status", "ended"))]
    dates = [entry.split("@") for entry in due.split(";")]
    return Case(
        part,
        name,
        limit,
        moment(received),
        tuple((entry[0].strip(), moment(entry[1].strip() if len(entry) > 1 else received)) for entry in dates),
        tuple(Step(moment(at), what) for at, what in steps),
        status[0] if status else None,
        ended[0] if ended else None,
        verdicts.split(", "),
        (local or verdicts).split(", "),
        why,
    )


def versions(case: Case) -> list[dict[str, object]]:
    """The rows that tell a dossier, oldest first: at each due date that was told, of the last part at each step, and as it is known now."""
    moments = {at for _, at in case.due[:-1]} if len(case.due) > 1 else set()
    moments |= {case.due[-1][1]} if len(case.due) > 1 else set()
    if case.part == VERSIONS:
        moments |= {step.at for step in case.steps}
    now = max([case.received, *(step.at for step in case.steps), *(at for _, at in case.due)])
    return [row(case, at, newest=at == now) for at in sorted(moments | {now})]


def row(case: Case, at: datetime, newest: bool) -> dict[str, object]:
    """A dossier as it was shown from a moment on."""
    happened = [step for step in case.steps if step.at <= at]
    status = STATUSES.get(happened[-1].what, 4) if happened else 2
    ended = end_of(happened) if status in (3, 7, 8, 9, 10) else None
    if newest:
        status, ended = case.status or status, (None if case.status == 4 else case.ended or ended)
    due = next((text for text, told in reversed(case.due) if told <= at), case.due[0][0])
    own, procedure = limits(case)
    return dossier(
        number(case),
        f"{case.received:{MOMENT}}",
        unit=case.unit,
        procedure=procedure,
        limit=own,
        due="" if due == "none" else f"{due} 23:59:59" if len(due) == 10 else f"{moment(due):{MOMENT}}",
        status=status,
        ended=f"{ended:{MOMENT}}" if ended else "",
        updated=f"{at:{MOMENT}}",
    )


def end_of(steps: list[Step]) -> datetime:
    """When the last way to an end ended: with the result where there is one, not with handing it over."""
    last = steps[-1]
    return steps[-2].at if last.what == "returned" and len(steps) > 1 and steps[-2].what == "done" else last.at


def limits(case: Case) -> tuple[str, str]:
    """The dossier's own limit in hours, and its procedure: 0.000000 has none."""
    own = [part.split()[1] for part in case.limit.split(", ") if part.startswith("own")]
    shared = [part.replace(" ", "_") for part in case.limit.split(", ") if part and not part.startswith("own")]
    return (own[0] if own else ""), (shared[0] if shared else "none")


CASES = list(cases())


def number(case: Case) -> int:
    return 1 + [other.name for other in CASES].index(case.name)


def build(folder: Path, part: str) -> Pipeline:
    source, settings = SETTINGS[part]
    told = [case for case in CASES if case.part == part]
    columns = {**MAPPING["columns"], "limit_hours": "limit", "updated_at": {"from": "updated", "format": MOMENT}}
    sources: dict[str, dict[str, object]] = {
        "onegate": {"files": "data/ho_so_{day}.csv", **source},
        "procedures": {"entity": "procedures", "files": "data/thu_tuc.csv", "delivers": "snapshot", "mapping": "thu_tuc.yaml"},
        "closures": {"entity": "holidays", "files": "data/nghi.csv", "delivers": "snapshot", "mapping": "nghi.yaml"},
        "steps": {"entity": "dossier_actions", "files": "data/buoc.csv", "mapping": "buoc.yaml"},
    }
    mappings = {
        "mapping.yaml": {"columns": columns},
        "thu_tuc.yaml": {"columns": {name: name for name in ("code", "name", "time_limit", "limit_unit")}},
        "nghi.yaml": {"columns": {"code": "code", "day": {"from": "day", "format": "iso8601"}, "kind": "kind", "unit": "unit", "hours": "hours"}},
        "buoc.yaml": {"columns": {"code": "code", "dossier": "dossier", "kind": "kind", "happened_at": {"from": "at", "format": MOMENT}}},
    }
    if part == VERSIONS:
        del sources["steps"]
    write_project(folder, sources, mappings, **settings)
    rows = {case.name: versions(case) for case in told}
    for place in range(max(len(found) for found in rows.values())):
        day = LAST - timedelta(days=10 - place)
        write_csv(folder / f"data/ho_so_{day}.csv", [found[place] for found in rows.values() if len(found) > place], [*dossier(1), "limit"])
    kinds = sorted({limits(case)[1] for case in CASES} - {"none"})
    write_csv(
        folder / "data/thu_tuc.csv",
        [{"code": kind, "name": kind, "time_limit": kind.split("_")[0], "limit_unit": kind.split("_", 1)[1]} for kind in kinds],
        ["code", "name", "time_limit", "limit_unit"],
    )
    closed = {"2022-06-07": ("off", ""), "2022-06-08": ("worked", "07:30-11:30")}
    write_csv(
        folder / "data/nghi.csv",
        [{"code": day, "day": day, "kind": kind, "unit": CLOSED, "hours": hours} for day, (kind, hours) in closed.items()],
        ["code", "day", "kind", "unit", "hours"],
    )
    actions = [
        {"code": f"{number(case) * 100 + place}", "dossier": row(case, case.received, newest=False)["code"], "kind": KINDS.get(step.what, step.what)}
        | {"at": f"{step.at:{MOMENT}}"}
        for case in told
        for place, step in enumerate(case.steps)
    ]
    write_csv(folder / "data/buoc.csv", actions, ["code", "dossier", "kind", "at"])
    pipeline = Pipeline(folder)
    pipeline.run(*(LAST - timedelta(days=back) for back in range(10, -1, -1)), select="+fct_dossier_spell", command="run")
    return pipeline


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def judged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
    """By code: the verdicts of its spells, national and local."""
    found: dict[str, list[tuple[str, str]]] = {}
    for part in SETTINGS:
        with engine_environment(request.param, request):
            pipeline = build(tmp_path_factory.mktemp("hand") / "p", part)
            assert os.environ.get("QN_WAREHOUSE_URL", "").startswith("postgresql" if request.param == "postgres" else "")
            for code, national, local in pipeline.query("select code, verdict, local_verdict from core.fct_dossier_spell order by code, spell"):
                found.setdefault(code, []).append((national, local))
    return found


def test_there_are_enough_and_each_has_a_reason() -> None:
    assert len(CASES) >= 80
    assert len({case.name for case in CASES}) == len(CASES)
    assert all(case.why.endswith(".") for case in CASES)
    assert {case.part for case in CASES} == set(SETTINGS)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_dossier_gets_the_verdict_that_was_worked_out(judged: dict[str, list[tuple[str, str]]], case: Case) -> None:
    told = judged[str(row(case, case.received, newest=False)["code"])]
    assert ([national for national, _ in told], [local for _, local in told]) == (case.verdicts, case.local), case.why
