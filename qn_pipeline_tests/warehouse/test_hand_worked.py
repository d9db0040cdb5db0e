"""Each dossier of the table in hand_worked/ gets the spells, dates and verdicts that were worked out by hand.

Three small projects hold all of them; their files are landed and checked once, day by day, and judged on each engine.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import yaml

from qn_pipeline_tests.support import MAPPING, MOMENT, Pipeline, dossier, engine_environment, write_csv, write_project

TABLE = Path(__file__).with_name("hand_worked")
DAY = "%Y-%m-%d"
ANY = "any"
"""Where the table says that something does not decide."""
SOURCES = {"moved": True, "kept": False}
FIELDS = ("state", "began_at", "ended_at", "due_at", "due_origin", "spent_at", "verdict", "local_spent_at", "local_verdict", "told_by", "unit")
ROW = [*dossier(1), "limit"]
CALENDAR_ROW = ["code", "day", "kind", "unit", "hours"]
UNIT_ROW = ["code", "name", "level", "parent"]
PROCEDURE_ROW = ["code", "name", "time_limit", "limit_unit"]
STEP_ROW = ["code", "dossier", "kind", "at"]

Spell = dict[str, Any]


def read(name: str) -> Any:
    """A file of the table; all values are texts, so that YAML reads no date or number into them."""
    return yaml.load((TABLE / name).read_text(encoding="utf-8"), yaml.BaseLoader)  # noqa: S506 -- BaseLoader makes texts only


PROJECTS = read("projects.yaml")
UNITS: dict[str, dict[str, str]] = PROJECTS.pop("units")


def moment(text: str) -> datetime | None:
    """A moment as the table writes it. Raises ValueError where the weekday is not that of the day."""
    if text in ("", "none"):
        return None
    weekday, day, *clock = text.split()
    at = datetime.fromisoformat(" ".join([day, *clock]))
    if f"{at:%a}" != weekday:
        raise ValueError(f"{day} is no {weekday}")
    return at


def told_date(text: str) -> str:
    """A date as a source writes it: without an hour where it has none."""
    at = moment(text)
    if at is None:
        return ""
    return f"{at:{DAY}}" if has_no_hour(text) else f"{at:{MOMENT}}"


def has_no_hour(text: str) -> bool:
    return len(text.split()) == 2


def due_moment(text: str) -> datetime | None:
    """A due date without an hour is the end of its day."""
    at = moment(text)
    return at.replace(hour=23, minute=59, second=59) if at and has_no_hour(text) else at


def last_day(project: str) -> date:
    return on_day(PROJECTS[project]["until"])


def on_day(text: str) -> date:
    at = moment(text)
    assert at is not None
    return at.date()


@dataclass(frozen=True)
class Case:
    """An entry of the table. `number` makes its code."""

    number: int
    project: str
    group_source: str
    entry: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.entry["id"])

    @property
    def source(self) -> str:
        return str(self.entry.get("source", self.group_source))

    @property
    def tells_steps(self) -> bool:
        return not self.source.endswith("_no_steps")

    @property
    def unit(self) -> str:
        return UNITS[self.entry.get("unit", "district")]["code"]

    @property
    def limit(self) -> str:
        return str(self.entry.get("limit", ""))

    @property
    def days(self) -> list[date]:
        """On which each row came; the last one of the project where the table does not say."""
        return [on_day(told["on"]) if "on" in told else last_day(self.project) for told in self.entry["told"]]

    @cached_property
    def code(self) -> str:
        # One that was never received has a code, too.
        at = moment(self.entry["received"]) or datetime.combine(self.days[0], datetime.min.time())
        return str(dossier(self.number, f"{at:{MOMENT}}")["code"])

    def rows(self) -> Iterator[tuple[date, dict[str, object]]]:
        """What is told on which day."""
        for day, told in zip(self.days, self.entry["told"], strict=True):
            yield (
                day,
                dossier(self.number)
                | {"code": self.code, "unit": self.unit, "procedure": procedure(self.limit), "limit": self.entry.get("own", "")}
                | {"received": told_date(told.get("received", self.entry["received"])), "status": told["status"]}
                | {"channel": told.get("channel", "direct")}
                | {column: told_date(told.get(key, "")) for column, key in (("due", "due"), ("ended", "ended"), ("updated", "at"))},
            )

    def steps(self) -> Iterator[dict[str, object]]:
        """What is told of its handling; the reception, too, which the table does not repeat."""
        received = [] if self.entry["received"] == "none" else [f"{self.entry['received']} received"]
        for place, text in enumerate([*received, *self.entry.get("steps", [])]):
            at, kind = text.rsplit(" ", 1)
            yield {"code": f"{self.id}-{place}", "dossier": self.code, "kind": kind, "at": told_date(at)}

    @cached_property
    def expected(self) -> list[Spell]:
        return [self._expected(words) for words in self.entry["expect"]]

    def _expected(self, words: Mapping[str, str]) -> Spell:
        def at(key: str, default: str = "none") -> Any:
            text = words.get(key, default)
            return ANY if text == ANY else moment(text)

        stated = due_moment(words.get("due", self.entry["told"][-1].get("due", "")))
        return {
            "state": words["state"],
            "began_at": at("began", self.entry["received"]),
            "ended_at": at("ended"),
            "due_at": at("recomputed") if "recomputed" in words else stated,
            "due_origin": "recomputed" if "recomputed" in words else "stated" if stated else None,
            "spent_at": at("spent"),
            "verdict": words["verdict"],
            "local_spent_at": at("local_spent", words["spent"]),
            "local_verdict": words.get("local", words["verdict"]),
            "told_by": "actions" if self.tells_steps else "versions",
            "unit": self.unit,
        }


def procedure(limit: str) -> str:
    """The code of the procedure that has a limit; one without stands in no list."""
    return limit.replace(" ", "_") or "without_limit"


def all_cases() -> Iterator[Case]:
    number = 0
    for path in sorted(TABLE.glob("[0-9]*.yaml")):
        group = read(path.name)
        for entry in group["dossiers"]:
            number += 1
            yield Case(number, group["project"], group["source"], entry)


CASES = list(all_cases())


def cases_of(project: str) -> list[Case]:
    return [case for case in CASES if case.project == project]


def sources_of(project: str) -> tuple[dict[str, dict[str, object]], dict[str, Any]]:
    """The sources of a project, and their mappings. A kind of dossiers that it does not hold has no source."""
    columns = {**MAPPING["columns"], "limit_hours": "limit", "updated_at": {"from": "updated", "format": MOMENT}}
    columns["due_at"] = {"from": "due", "format": [MOMENT, DAY]}
    sources: dict[str, dict[str, object]] = {}
    for name in dict.fromkeys(case.source for case in cases_of(project)):
        sources[name] = {"system": name, "files": f"data/{name}_{{day}}.csv", "due_includes_pauses": SOURCES[name.removesuffix("_no_steps")]}
        if not name.endswith("_no_steps"):
            sources[f"{name}_steps"] = {"entity": "dossier_actions", "system": name, "files": f"data/steps_{name}.csv", "mapping": "steps.yaml"}
    reference = {"units": "units", "procedures": "procedures"}
    if PROJECTS[project]["days"]:
        reference["holidays"] = "days"
    if PROJECTS[project]["hours"]:
        reference["work_times"] = "hours"
    for entity, file in reference.items():
        sources[file] = {"entity": entity, "files": f"data/{file}.csv", "delivers": "snapshot", "mapping": f"{file}.yaml"}
    return sources, {
        "mapping.yaml": {"columns": columns},
        "steps.yaml": {"columns": {"code": "code", "dossier": "dossier", "kind": "kind", "happened_at": {"from": "at", "format": MOMENT}}},
        "units.yaml": {"columns": {name: name for name in UNIT_ROW}},
        "procedures.yaml": {"columns": {name: name for name in PROCEDURE_ROW}},
        "days.yaml": {"columns": {name: name for name in CALENDAR_ROW} | {"day": {"from": "day", "format": DAY}}},
        "hours.yaml": {"columns": {"code": "code", "hours": "hours"}},
    }


def write_reference(data: Path, project: str) -> None:
    limits = sorted({case.limit for case in CASES if case.limit})
    procedures = [dict(zip(PROCEDURE_ROW, (procedure(limit), limit, *limit.split()), strict=True)) for limit in limits]
    units = [{"name": name, "parent": UNITS.get(name, {}).get("parent", ""), **unit} for name, unit in UNITS.items()]
    days = [
        {"code": told_date(day["day"]), "kind": day["kind"], "hours": f'"{day.get("hours", "")}"', "day": told_date(day["day"])}
        | {"unit": UNITS[day["unit"]]["code"] if "unit" in day else ""}
        for day in PROJECTS[project]["days"]
    ]
    hours = [{"code": weekday, "hours": f'"{spans}"'} for weekday, spans in PROJECTS[project]["hours"].items()]
    write_csv(data / "procedures.csv", procedures, PROCEDURE_ROW)
    write_csv(data / "units.csv", units, UNIT_ROW)
    write_csv(data / "days.csv", days, CALENDAR_ROW)
    write_csv(data / "hours.csv", hours, ["code", "hours"])


def write_dossiers(data: Path, cases: Sequence[Case]) -> None:
    """A file a source and day, and all steps of a source in one."""
    files: dict[tuple[str, date], list[dict[str, object]]] = {}
    steps: dict[str, list[dict[str, object]]] = {}
    for case in cases:
        for day, row in case.rows():
            files.setdefault((case.source, day), []).append(row)
        if case.tells_steps:
            steps.setdefault(case.source, []).extend(case.steps())
    for (source, day), rows in files.items():
        write_csv(data / f"{source}_{day}.csv", rows, ROW)
    for source, rows in steps.items():
        write_csv(data / f"steps_{source}.csv", rows, STEP_ROW)


def prepare(folder: Path, project: str) -> Pipeline:
    """Write a project, and bring its files as far as the door, which is the same for both engines."""
    cases = cases_of(project)
    sources, mappings = sources_of(project)
    write_project(folder, sources, mappings, deadline_rule=PROJECTS[project]["rule"])
    write_reference(folder / "data", project)
    write_dossiers(folder / "data", cases)
    pipeline = Pipeline(folder)
    assert pipeline.land(*sorted({day for case in cases for day in case.days} | {last_day(project)})) == {}
    pipeline.check()
    return pipeline


def judge(pipeline: Pipeline, project: str) -> dict[str, list[Spell]]:
    """The spells of a project by the dossier's code, as the warehouse of now has them."""
    pipeline.load(last_day(project))
    pipeline.build("+fct_dossier_spell", "run")
    found: dict[str, list[Spell]] = {}
    for code, *values in pipeline.query(f"select code, {', '.join(FIELDS)} from core.fct_dossier_spell order by code, spell"):
        found.setdefault(str(code), []).append(dict(zip(FIELDS, values, strict=True)))
    return found


@pytest.fixture(scope="module")
def prepared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Pipeline]:
    with engine_environment("duckdb", request):
        return {project: prepare(tmp_path_factory.mktemp(f"hand_{project}") / "p", project) for project in PROJECTS}


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def spells(request: pytest.FixtureRequest, prepared: dict[str, Pipeline]) -> dict[str, list[Spell]]:
    """What came out, by the dossier's code."""
    found: dict[str, list[Spell]] = {}
    for project, pipeline in prepared.items():
        with engine_environment(request.param, request):
            assert pipeline.warehouse.dialect == request.param
            found |= judge(pipeline, project)
    return found


def differences(expected: Sequence[Spell], found: Sequence[Spell]) -> list[str]:
    """What differs, a text each."""
    if len(expected) != len(found):
        return [f"{len(found)} spells, not {len(expected)}: {[(spell['state'], str(spell['ended_at']), spell['verdict']) for spell in found]}"]
    return [
        f"spell {place}: {name} is {there[name]}, not {value}"
        for place, (spell, there) in enumerate(zip(expected, found, strict=True), 1)
        for name, value in spell.items()
        if value != ANY and there[name] != value
    ]


def test_every_entry_has_a_reason_and_a_name_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES) >= 80  # a floor against a table that is not read
    assert [case.id for case in CASES if not case.entry["why"].endswith((".", ".)"))] == []
    assert {case.project for case in CASES} == set(PROJECTS)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_a_dossier_gets_what_was_worked_out(spells: dict[str, list[Spell]], case: Case) -> None:
    different = differences(case.expected, spells.get(case.code, []))
    assert not different, f"{case.id} ({case.entry['case']}): {'; '.join(different)}. Expected because: {case.entry['why']}"
