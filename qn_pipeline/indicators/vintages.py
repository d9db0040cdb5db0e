"""Vintages: what was published of a month, numbered, never overwritten, and made again from landing when it is questioned.

A vintage is a folder `vintages/<month>/v<number>`: vintage.json (who, when, why, the last extraction it knew, and hashes of all that decided), the
figures of every period that ends in the month, the pieces of dossiers' lives in those periods with their versions and verdicts, and the configuration
of then. It is written aside and renamed, so it is there whole or not at all.
"""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict, ValidationError

from qn_pipeline import __version__
from qn_pipeline.engine import literal, open_engine
from qn_pipeline.errors import ConfigurationError, LandingDamaged, RunFailed
from qn_pipeline.indicators.catalogue import what_is_counted
from qn_pipeline.landing.extractions import written_aside
from qn_pipeline.landing.whole import first_damaged, sha256_of
from qn_pipeline.project import Project, configuration_files, load_project
from qn_pipeline.settings import Settings
from qn_pipeline.sources.files import month_after
from qn_pipeline.warehouse.changes import models_hash
from qn_pipeline.warehouse.engines import Ask, Warehouse
from qn_pipeline.warehouse.loader import Catalogue, calendar_of, configuration_mark
from qn_pipeline.warehouse.past import Past, past_warehouse
from qn_pipeline.warehouse.working_calendar import UsualCalendar

FOLDER = "vintages"
TOLD, VALUES, PIECES, CATALOGUE, CALENDAR, CONFIGURATION = (
    *("vintage.json", "values.parquet", "pieces.parquet", "catalogue.json", "calendar.json"),
    "configuration",
)
Kind = Literal["provisional", "signed", "decided"]
_VALUE_COLUMNS = "indicator, period_set, grain, period_start, period_end, unit, channel, numerator, denominator, value, completeness"
_PIECE_COLUMNS = (
    "p.system, p.code, p.dossier, p.piece, p.spell, p.unit, p.desk, p.channel, p.procedure, p.state, p.standing, p.local_standing, p.is_end, "
    "p.is_reception, p.is_reopening, t.traits, p.began_at"
)
VALUE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("indicator", "period_set", "grain")),
        *((name, pa.date32()) for name in ("period_start", "period_end")),
        *((name, pa.string()) for name in ("unit", "channel")),
        *((name, pa.int64()) for name in ("numerator", "denominator")),
        *((name, pa.decimal128(20, 2)) for name in ("value", "completeness")),
    ]
)
PIECE_SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("system", "code", "dossier")),
        *((name, pa.int64()) for name in ("piece", "spell")),
        *((name, pa.string()) for name in ("unit", "desk", "channel", "procedure", "state", "standing", "local_standing")),
        *((name, pa.bool_()) for name in ("is_end", "is_reception", "is_reopening")),
        ("traits", pa.int64()),
        *((name, pa.timestamp("us")) for name in ("began_at", "ended_at")),
        *((name, pa.int64()) for name in ("version_no", "known_from")),
    ]
)


class Vintage(BaseModel):
    """What is known of one publication. `cutoff` is the last extraction it knew; `hashes` are of the catalogue, the working calendar, the configuration
    (its mappings, waivers and adjustments included), the models, and the files beside it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    month: date
    number: int
    kind: Kind
    by: str | None
    reason: str | None
    made_at: datetime
    as_of: datetime
    cutoff: int
    package: str
    hashes: dict[str, str]
    figures: int
    pieces: int
    written: dict[str, str]


@dataclass(frozen=True)
class Kept:
    """A vintage and the folder that holds it."""

    told: Vintage
    folder: Path

    @property
    def name(self) -> str:
        return f"{self.told.month:%Y-%m} v{self.told.number}"


def read_vintages(settings: Settings, month: date | None = None) -> list[Kept]:
    """All vintages, or those of a month, in order. Raises RunFailed when one cannot be read."""
    found = []
    for file in (settings.home / FOLDER).glob(f"{f'{month:%Y-%m}' if month else '[!.]*'}/v*/{TOLD}"):
        try:
            found.append(Kept(Vintage.model_validate_json(file.read_bytes()), file.parent))
        except (OSError, ValidationError) as error:
            raise RunFailed(f"{file} cannot be read ({type(error).__name__}). Nothing was changed. Restore {file.parent} from a backup.") from None
    return sorted(found, key=lambda kept: (kept.told.month, kept.told.number))


def newest(settings: Settings, month: date, number: int | None = None) -> Kept:
    """The newest vintage of a month, or the one with a number. Raises ConfigurationError when there is none."""
    kept = read_vintages(settings, month)
    chosen = [one for one in kept if number in (None, one.told.number)]
    if not chosen:
        there = f" There are: {', '.join(f'v{one.told.number}' for one in kept)}." if kept else f" Publish it: qn publish --month {month:%Y-%m}"
        raise ConfigurationError(f"{month:%Y-%m} has no vintage{f' v{number}' if number else ''}. Nothing was written.{there}")
    return chosen[-1]


def make_vintage(
    settings: Settings,
    project: Project,
    warehouse: Warehouse,
    month: date,
    kind: Kind,
    now: datetime,
    by: str | None = None,
    reason: str | None = None,
) -> Kept:
    """Keep the published figures of a closed month under the next number. `now`: local and naive.

    Raises ConfigurationError for a month that is not closed, a kind whose turn it is not, or a configuration that did not make the figures.
    """
    number = _turn(settings, month, kind)
    with warehouse.reading_rows() as ask:
        _, [(as_of, cutoff)] = ask("select max(as_of), (select max(extraction_seq) from valid.extractions) from marts.data_status")
        if as_of is None or as_of.date() < month_after(month):
            raise ConfigurationError(
                f"{month:%Y-%m} is not closed: figures count up to {as_of}. Nothing was written. Publish it when a run has counted to its end."
            )
        catalogue, usual = what_is_counted(project.catalogue), calendar_of(project, as_of)
        if ask("select mark from valid.configured")[1] != [(configuration_mark(project, catalogue, usual),)]:
            raise ConfigurationError(
                "qn.yaml, a mapping, an adjustment or the package has changed since the figures were made, so they cannot be kept with what made them. "
                "Nothing was written. Run first (qn run), then publish or sign."
            )
        place = settings.home / FOLDER / f"{month:%Y-%m}" / f"v{number}"
        with written_aside(settings, place) as aside:
            figures, pieces = write_figures(ask, month, aside / VALUES), write_pieces(ask, month, aside / PIECES)
            _write_configuration(project, catalogue, usual, aside)
            told = Vintage(
                month=month,
                number=number,
                kind=kind,
                by=by,
                reason=reason,
                made_at=now.replace(microsecond=0),
                as_of=as_of,
                cutoff=int(cutoff),
                package=__version__,
                hashes=_hashes(aside),
                figures=figures,
                pieces=pieces,
                written={name: sha256_of(aside / name) for name in (VALUES, PIECES, CATALOGUE, CALENDAR)},
            )
            (aside / TOLD).write_text(told.model_dump_json(indent=1), encoding="utf-8")
    return newest(settings, month, number)


def _write_configuration(project: Project, catalogue: Catalogue, usual: UsualCalendar, folder: Path) -> None:
    (folder / CATALOGUE).write_text(_json(asdict(catalogue)), encoding="utf-8")
    (folder / CALENDAR).write_text(_json(asdict(usual)), encoding="utf-8")
    for file in configuration_files(project):
        kept = folder / CONFIGURATION / file
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(project.directory / file, kept)


def _hashes(folder: Path) -> dict[str, str]:
    configuration = hashlib.sha256()
    for file in sorted(path for path in (folder / CONFIGURATION).rglob("*") if path.is_file()):
        configuration.update(file.relative_to(folder).as_posix().encode() + b"\0" + file.read_bytes())
    return {
        "catalogue": sha256_of(folder / CATALOGUE)[:16],
        "calendar": sha256_of(folder / CALENDAR)[:16],
        "configuration": configuration.hexdigest()[:16],
        "models": models_hash(),
    }


def _turn(settings: Settings, month: date, kind: Kind) -> int:
    """The number of a month's next vintage. Raises ConfigurationError when it is another kind's turn."""
    kinds = [kept.told.kind for kept in read_vintages(settings, month)]
    text = f"{month:%Y-%m}"
    if kind == "provisional" and kinds:
        raise ConfigurationError(
            f"{text} is published already: v1 stays as it is. Nothing was written. Sign it (qn sign --month {text} --by NAME), "
            f"or publish it anew by decision (qn publish --month {text} --by NAME --reason TEXT)."
        )
    if kind != "provisional" and not kinds:
        raise ConfigurationError(f"{text} is not published yet. Nothing was written. First: qn publish --month {text}")
    if kind == "signed" and "signed" in kinds:
        raise ConfigurationError(
            f"{text} is signed already. Nothing was written. What changes later is published by decision: qn publish --month {text} --by NAME --reason TEXT"
        )
    if kind == "decided" and "signed" not in kinds:
        raise ConfigurationError(f"{text} is not signed yet. Nothing was written. First: qn sign --month {text} --by NAME")
    return len(kinds) + 1


def write_figures(ask: Ask, month: date, path: Path) -> int:
    """Write the figures of every period that ends in a month. Returns how many there are."""
    return _write(ask, f"select {_VALUE_COLUMNS} from marts.indicator_values where {_ends_in(month)}", VALUE_SCHEMA, path)


def write_pieces(ask: Ask, month: date, path: Path) -> int:
    """Write the pieces of lives in the periods that end in a month, up to its end: what ended later was open then. Returns how many there are."""
    after = f"timestamp '{month_after(month)} 00:00:00'"
    _, [(first,)] = ask(f"select min(period_start) from marts.indicator_values where {_ends_in(month)}")
    return _write(
        ask,
        f"select {_PIECE_COLUMNS}, case when p.is_over and p.ended_at < {after} then p.ended_at end as ended_at, d.version_no, d.batch_id "
        "from measures.dossier_piece as p inner join measures.trait_counted as t on t.system = p.system and t.code = p.code "
        "inner join core.fct_dossier as d on d.system = p.system and d.code = p.code "
        f"where p.began_at < {after} and (not p.is_over or p.ended_at >= timestamp '{first or month} 00:00:00')",
        PIECE_SCHEMA,
        path,
    )


def _ends_in(month: date) -> str:
    return f"period_end >= date '{month}' and period_end < date '{month_after(month)}'"


def _write(ask: Ask, sql: str, schema: pa.Schema, path: Path) -> int:
    rows = 0
    with pq.ParquetWriter(path, schema) as writer:
        for batch in ask.batches(sql, schema):
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


def kept_file(kept: Kept, name: str) -> Path:
    """A file of a vintage. Raises LandingDamaged when it is not what was written."""
    damaged = first_damaged(kept.folder, kept.told.written, [name])
    if damaged is not None:
        raise _damaged(kept, damaged)
    return kept.folder / name


def _damaged(kept: Kept, what: Path) -> LandingDamaged:
    return LandingDamaged(f"{what} is damaged: it is not what was written. Nothing was changed. Restore {kept.folder} from a backup.")


@dataclass(frozen=True)
class Reproduction:
    """A vintage made again from landing: how many figures and pieces differ from what was kept, some of them, and whether the models are those of then."""

    vintage: Kept
    figures: int
    pieces: int
    examples: tuple[str, ...]
    same_models: bool

    @property
    def is_exact(self) -> bool:
        return not self.figures and not self.pieces


def reproduce(settings: Settings, kept: Kept) -> Reproduction:
    """Make a vintage again, from the extractions that it knew and the configuration that it keeps. Raises LandingDamaged when a file of it is not what was written."""
    if _hashes(kept.folder)["configuration"] != kept.told.hashes["configuration"]:
        raise _damaged(kept, kept.folder / CONFIGURATION)
    project = load_project(kept.folder / CONFIGURATION)
    catalogue = Catalogue(**_dated(json.loads(kept_file(kept, CATALOGUE).read_bytes())))
    usual = UsualCalendar(**_dated(json.loads(kept_file(kept, CALENDAR).read_bytes())))
    figures, pieces = kept_file(kept, VALUES), kept_file(kept, PIECES)
    past = Past(kept.told.cutoff, kept.told.as_of)
    with past_warehouse(settings, project, catalogue, past, usual) as warehouse:
        again = warehouse.settings.home / "again"
        again.mkdir()
        with warehouse.reading_rows() as ask:
            write_figures(ask, kept.told.month, again / VALUES)
            write_pieces(ask, kept.told.month, again / PIECES)
        with open_engine(warehouse.settings) as engine:
            odd = engine.execute(f"select * from ({_differing(figures, again / VALUES)}) order by all").fetchall()
            odd_pieces = engine.execute(f"select distinct system, code from ({_differing(pieces, again / PIECES)})").fetchall()
    examples = tuple(" ".join(map(str, row[:9])) for row in odd[:3])
    return Reproduction(kept, len({row[:7] for row in odd}), len(odd_pieces), examples, kept.told.hashes["models"] == models_hash())


def _differing(one: Path, other: Path) -> str:
    """SQL of the rows that are in one of two files and not in the other."""
    first, second = (f"select * from read_parquet({literal(path)})" for path in (one, other))
    return f"({first} except all {second}) union all ({second} except all {first})"


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain, sort_keys=True)


def _plain(value: object) -> Mapping[str, str]:
    if isinstance(value, date):
        return {"date": value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not kept")


def _dated(value: Any) -> Any:
    """What _plain made of dates, as dates again."""
    if isinstance(value, dict):
        return date.fromisoformat(value["date"]) if set(value) == {"date"} else {key: _dated(one) for key, one in value.items()}
    return [_dated(one) for one in value] if isinstance(value, list) else value


def first_vintage(settings: Settings, project: Project, warehouse: Warehouse, now: datetime) -> Kept | None:
    """Make v1 of the newest month that has closed, unless it is there, or nothing is counted in it."""
    _, [(as_of, first_day)] = warehouse.read(
        "select max(as_of), (select min(period_start) from marts.indicator_values where grain = 'day') from marts.data_status"
    )
    if as_of is None or first_day is None:
        return None
    month = (as_of.date().replace(day=1) - timedelta(days=1)).replace(day=1)
    if read_vintages(settings, month) or first_day >= month_after(month):
        return None
    return make_vintage(settings, project, warehouse, month, "provisional", now)
