"""Commands about figures that are questioned: opened to their rows, published and signed, made again, and held against what was reported."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from qn_pipeline.cli.shared import Format, Formatted, ProjectDir, err, load, out, show, write
from qn_pipeline.errors import ConfigurationError, RunFailed
from qn_pipeline.indicators import values
from qn_pipeline.indicators.catalogue import what_is_counted
from qn_pipeline.indicators.explain import explain as explained_figure
from qn_pipeline.indicators.explained_dossier import search
from qn_pipeline.indicators.periods import logical_instant, parse_day, parse_month
from qn_pipeline.indicators.restatements import KEY, Counted, Restated, restated_figures, restating_dossiers
from qn_pipeline.indicators.vintages import Kind, make_vintage, newest, read_vintages, reproduce
from qn_pipeline.project import Project
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.engines import Warehouse, open_warehouse
from qn_pipeline.warehouse.past import Past, known_by, past_warehouse

questions = typer.Typer()

Month = Annotated[str, typer.Option("--month", help="YYYY-MM, a month that is closed.")]
Number = Annotated[int | None, typer.Option("--vintage", min=1, help="Its number; the newest one without it.")]


class RowsFormat(StrEnum):
    """How rows are written; there may be very many."""

    table = "table"
    csv = "csv"
    json = "json"
    xlsx = "xlsx"


@questions.command()
def explain(
    indicator: Annotated[str, typer.Option("--indicator", help="Code of an indicator.")],
    period: Annotated[str, typer.Option("--month", "--period", help="2022-11; also 2022-11-05, 2022-Q4, 2022-H1, 2022-9M or 2022.")],
    project_dir: ProjectDir = Path(),
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit; without it the province.")] = None,
    channel: Annotated[str, typer.Option("--channel", help="direct, online or post; all of them without it.")] = values.ALL_CHANNELS,
    period_set: Annotated[str, typer.Option("--period-set", help="How time is cut: calendar, year_to_date or administrative.")] = values.CALENDAR,
    dossier: Annotated[str | None, typer.Option("--dossier", help="Code of a dossier: why it is counted, or why it is not.")] = None,
    known_at: Annotated[
        str | None,
        typer.Option("--known-at", help="As it was known then: a day (its end), or 2022-12-01T06:00. Made from landing: as long as a rebuild."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many rows of each part a table shows; files hold all.")] = 20,
    output: Annotated[Path | None, typer.Option("--output", help="The workbook to write.", dir_okay=False)] = None,
    fmt: Annotated[RowsFormat, typer.Option("--format", help="How to write the rows.")] = RowsFormat.table,
) -> None:
    """A figure opened to the rows of its numerator and denominator, which add up to it, each with what decided and where it came from."""
    from qn_pipeline.publishing.explanation_workbook import write_explanation
    from qn_pipeline.publishing.explanations import explained, why

    if (output is not None) != (fmt is RowsFormat.xlsx):
        raise ConfigurationError("--output and --format xlsx go together. Nothing was written. Give both, or neither.")
    project, settings = load(project_dir)
    with _warehouse(settings, project, known_at) as warehouse, warehouse.reading_rows() as ask:
        rows = 1 if dossier is not None else limit if fmt is RowsFormat.table else None
        explanation = explained_figure(ask, indicator, period, unit, channel, period_set, rows)
        told = None if dossier is None else why(search(ask, explanation.figure, dossier), explanation.figure)
    figure = explanation.figure
    title = f"{figure.name}, {figure.unit_name}, {period} ({period_set}), as of {figure.as_of}: {figure.value}"
    if told is not None:
        for line in (title, *told):
            out.print(line, highlight=False, soft_wrap=True)
        return
    if output is not None:
        write_explanation(explanation, output)
        out.print(
            f"{output}: {', '.join(f'{part.rows.count} rows of the {part.name}' for part in explanation.parts)}", highlight=False, soft_wrap=True
        )
        return
    tables = [(part, *explained(part.rows, part.name)) for part in explanation.parts]
    if fmt is RowsFormat.table:
        out.print(title, highlight=False, soft_wrap=True)
        for part, columns, lines in tables:
            shown = [at for at, name in enumerate(columns) if name in _ON_A_SCREEN]
            write(
                [columns[at] for at in shown],
                [[line[at] for at in shown] for line in lines],
                Format.table,
                title=f"{part.name}: {part.figure}, the sum of {part.rows.count} rows ({part.measures})",
            )
            if len(lines) < part.rows.count:
                out.print(
                    f"{len(lines)} of {part.rows.count} rows. All of them, and where they came from: --format csv, or --format xlsx --output FILE",
                    highlight=False,
                )
        return
    # Numerator and denominator are of one family, and so have the same columns.
    write(tables[0][1] if tables else [], [line for _, _, lines in tables for line in lines], Format(fmt.value))


# A table on a screen has no room for more.
_ON_A_SCREEN = ("counted", "dossier", "feedback", "procedure_name", "unit_name", "from_name", "to_name", "why")


@contextmanager
def _warehouse(settings: Settings, project: Project, known_at: str | None) -> Iterator[Warehouse]:
    """The warehouse as it is, or as it was known at a moment."""
    if known_at is None:
        yield open_warehouse(settings)
        return
    moment = _moment(known_at)
    known = known_by(settings, project, moment)
    as_of = logical_instant(max(extraction.manifest.day for extraction in known), moment)
    err.print(f"Making the figures as they were known at {moment}, from {len(known)} extractions ...", highlight=False)
    catalogue = what_is_counted(project.catalogue)
    with _quietly(), past_warehouse(settings, project, catalogue, Past(known[-1].manifest.seq, as_of)) as warehouse:
        yield warehouse


@contextmanager
def _quietly() -> Iterator[None]:
    """Without a line for each extraction that is checked again."""
    logger = logging.getLogger("qn_pipeline")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)


def _moment(text: str) -> datetime:
    """A day's end, or a moment. Raises ConfigurationError."""
    if "T" not in text:
        return datetime.combine(parse_day(text) + timedelta(days=1), time())
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None:
        raise ConfigurationError(f"{text!r} is no moment of the province's time. Nothing was written. Write it as 2022-12-01 or 2022-12-01T06:00.")
    return moment


@questions.command()
def publish(
    month: Month,
    project_dir: ProjectDir = Path(),
    by: Annotated[str | None, typer.Option("--by", help="Who decided, for a vintage after the signed one.")] = None,
    reason: Annotated[str | None, typer.Option("--reason", help="Why, for a vintage after the signed one.")] = None,
) -> None:
    """Keep a closed month's figures as vintage v1, provisional; or, with --by and --reason, as a further one by decision."""
    if (by is None) != (reason is None):
        raise ConfigurationError(
            "--by and --reason go together. Nothing was written. Give both for a vintage by decision, neither for the first one."
        )
    _keep(project_dir, month, "provisional" if by is None else "decided", by, reason)


@questions.command()
def sign(
    month: Month,
    by: Annotated[str, typer.Option("--by", help="Who signs.")],
    project_dir: ProjectDir = Path(),
) -> None:
    """Keep a published month's figures as they are now as the signed vintage."""
    _keep(project_dir, month, "signed", by, None)


def _keep(project_dir: Path, month: str, kind: Kind, by: str | None, reason: str | None) -> None:
    project, settings = load(project_dir)
    settings.prepare_home()
    warehouse = open_warehouse(settings)
    now = datetime.now(project.zone).replace(tzinfo=None, microsecond=0)
    with warehouse.alone():
        kept = make_vintage(settings, project, warehouse, parse_month(month), kind, now, by, reason)
    told = kept.told
    out.print(
        f"{kept.name}, {kind}{f' by {by}' if by else ''}: {told.figures} figures and {told.pieces} pieces of dossiers' lives, counted up to {told.as_of}, "
        f"known up to extraction {told.cutoff}. Kept in {kept.folder}",
        highlight=False,
        soft_wrap=True,
    )


@questions.command()
def vintages(
    project_dir: ProjectDir = Path(),
    month: Annotated[str | None, typer.Option("--month", help="YYYY-MM; all months without it.")] = None,
    fmt: Formatted = Format.table,
) -> None:
    """What was published of each month, by whom and when."""
    _, settings = load(project_dir)
    kept = [one.told for one in read_vintages(settings, parse_month(month) if month else None)]
    columns = ["month", "vintage", "kind", "by", "reason", "made_at", "as_of", "cutoff", "figures", "pieces"]
    rows = [
        (f"{one.month:%Y-%m}", f"v{one.number}", one.kind, one.by, one.reason, one.made_at, one.as_of, one.cutoff, one.figures, one.pieces)
        for one in kept
    ]
    show(columns, rows, fmt, "Vintages", "Nothing is published yet: qn publish --month YYYY-MM", texts=7)


@questions.command()
def backtest(month: Month, project_dir: ProjectDir = Path(), vintage: Number = None) -> None:
    """Make a vintage again, from the landed files that it knew and the configuration that it keeps, and compare; nothing that is published changes."""
    _, settings = load(project_dir)
    kept = newest(settings, parse_month(month), vintage)
    err.print(f"Making {kept.name} again, which takes as long as a rebuild ...", highlight=False)
    with _quietly():
        found = reproduce(settings, kept)
    if found.is_exact:
        out.print(
            f"{kept.name} is made again exactly: {kept.told.figures} figures, {kept.told.pieces} pieces of dossiers' lives.",
            highlight=False,
            soft_wrap=True,
        )
        return
    why = (
        ""
        if found.same_models
        else f" The models have changed since it was made (by qn_pipeline {kept.told.package}); make it again with those of then."
    )
    raise RunFailed(
        f"{kept.name} is not made again: {found.figures} figures and {found.pieces} dossiers differ, such as {'; '.join(found.examples) or 'none of the figures'}. "
        f"Nothing was changed.{why}"
    )


@questions.command()
def restatements(
    month: Month,
    project_dir: ProjectDir = Path(),
    vintage: Number = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit.")] = None,
    indicator: Annotated[str | None, typer.Option("--indicator", help="Code of an indicator.")] = None,
    dossiers: Annotated[bool, typer.Option("--dossiers", help="The dossiers that are counted otherwise, each once with its cause.")] = False,
    fmt: Formatted = Format.table,
) -> None:
    """What has changed since a month was reported: figures as published and as they are now, and the dossiers that made it so."""
    _, settings = load(project_dir)
    kept = newest(settings, parse_month(month), vintage)
    with open_warehouse(settings).reading_rows() as ask:
        if dossiers:
            rows = [
                (one.dossier, one.system, one.cause, ", ".join(one.units), one.version_then, one.version_now)
                for one in restating_dossiers(settings, ask, kept)
                if unit is None or unit in one.units
            ]
            columns = ["dossier", "system", "cause", "units", "version_then", "version_now"]
            nothing = f"No dossier is counted otherwise than in {kept.name}."
            show(columns, rows, fmt, f"Dossiers counted otherwise than in {kept.name}", nothing, texts=4)
            return
        changed = restated_figures(settings, ask, kept)
    asked = [one for one in changed if unit in (None, one.unit) and indicator in (None, one.indicator)]
    # A table on a screen has no room for days, nor for where periods begin.
    keys = [at for at, name in enumerate(Restated._fields[:KEY]) if fmt is not Format.table or name != "period_start"]
    lines = [
        (*(one[at] for at in keys), one.published[2], one.current[2], one.by, _of(one.published), _of(one.current))
        for one in asked
        if fmt is not Format.table or one.grain != "day"
    ]
    columns = [*(Restated._fields[at] for at in keys), "published", "current", "difference", "counts_then", "counts_now"]
    show(columns, lines, fmt, f"Restated since {kept.name}", f"All figures are as in {kept.name}.", texts=len(keys))


def _of(counted: Counted) -> str | None:
    """Numerator and denominator in one cell."""
    numerator, denominator, _ = counted
    return None if numerator is None else f"{numerator}" + (f"/{denominator}" if denominator is not None else "")
