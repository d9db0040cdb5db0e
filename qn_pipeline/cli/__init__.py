"""`qn`: the command line. Reading commands import neither dagster nor dbt nor Great Expectations.

Exit status: 0 done, 1 a run or check failed or was stopped, 2 usage or configuration. An error is one line; --verbose adds the traceback.
"""

import logging
import os
import shutil
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.logging import RichHandler

from qn_pipeline import __version__
from qn_pipeline.cli.questions import questions
from qn_pipeline.cli.shared import Format, Formatted, ProjectDir, err, load, out, show, write
from qn_pipeline.errors import STOPPED, ConfigurationError, QnError, RunFailed
from qn_pipeline.indicators import quarantine as cases
from qn_pipeline.indicators import tables, values
from qn_pipeline.indicators.periods import days_between, parse_day, parse_month, runs_of
from qn_pipeline.landing.land import check_sources, days_with_work
from qn_pipeline.project import PROJECT_FILE, Project
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.sources.files import month_after, month_before
from qn_pipeline.stopping import stoppable
from qn_pipeline.warehouse.engines import Warehouse, open_warehouse

app = typer.Typer(
    name="qn",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="The monthly figures of a province's digital transformation. --verbose adds the traceback to an error.",
)
app.add_typer(questions)
# What a command returns that Typer has caught a Ctrl-C of.
TYPER_INTERRUPTED = 130


@app.callback(invoke_without_command=True)
def about(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False) -> None:
    """The monthly figures of a province's digital transformation."""
    if version:
        out.print(__version__)
        raise typer.Exit


@app.command()
def init(directory: Annotated[Path, typer.Argument(help="The folder to make.")]) -> None:
    """Make a project folder: qn.yaml, mappings and templates of the reference data."""
    if (directory / PROJECT_FILE).exists():
        raise ConfigurationError(f"{directory} holds a project already. Nothing was written. Name another folder.")
    if directory.exists() and not directory.is_dir():
        raise ConfigurationError(f"{directory} is no folder. Nothing was written. Name another one.")
    try:
        with resources.as_file(resources.files("qn_pipeline") / "template") as template:
            shutil.copytree(template, directory, dirs_exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{directory} cannot be made ({error.strerror}). Name another folder.") from None
    out.print(f"Made a project in {directory}. Next: put a file into {directory / 'data'}, adapt {PROJECT_FILE} and mappings/, then:")
    out.print(
        f"  export QN_SEAL_KEY=$(openssl rand -hex 32)   # keep it safe\n  qn check-source one_stop_shop --project {directory}\n  qn run --project {directory}",
        highlight=False,
    )


@app.command(name="check-source")
def check_source(
    name: Annotated[str, typer.Argument(help="A source of qn.yaml.")], project_dir: ProjectDir = Path(), fmt: Formatted = Format.table
) -> None:
    """Hold a source's newest file, or what its connection tells, against its contract, column by column; nothing is written."""
    from qn_pipeline.validation.preflight import check_source as preflight

    project, settings = load(project_dir)
    result = preflight(settings, project, project.source(name))
    columns = ["column", "mapped_from", "filled_percent", "valid_percent", "unknown_codes"]
    rows = [
        (c.column, c.mapped_from, _percent(c.filled, result.rows), _percent(c.valid, c.filled), ", ".join(c.unknown_codes) or None)
        for c in result.columns
    ]
    write(columns, rows, fmt, title=result.told, numbers={2, 3})
    if fmt is Format.table:
        out.print(f"{result.rows} rows, {result.good} keep every rule, {result.unreadable} cannot be read.", highlight=False)
        for rule, count in result.broken_rules.items():
            out.print(f"  {rule}: {count}", highlight=False)
        if result.dropped_columns:
            out.print(f"Columns that no mapping names, dropped at landing: {', '.join(result.dropped_columns)}", highlight=False)


@app.command()
def run(
    project_dir: ProjectDir = Path(),
    day: Annotated[str | None, typer.Option("--date", help="One day, YYYY-MM-DD.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day of a range.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day of a range.")] = None,
) -> None:
    """The nightly job: pull, land, check, load, compute, swap, pages. Without a day: all days that wait, up to today."""
    project, settings = load(project_dir)
    today = datetime.now(project.zone).date()
    asked = _asked_days(project, day, first, last, today)
    ranges = [asked] if asked else runs_of(days_with_work(settings, project, today)) or [(today, today)]
    for begin, end in ranges:
        check_sources(settings, project, days_between(begin, end))
    settings.prepare_home()
    with _mishaps_told(settings, project), open_warehouse(settings).alone():
        _run(project_dir, settings, ranges)


@contextmanager
def _mishaps_told(settings: Settings, project: Project) -> Iterator[None]:
    """A full disk, a lost server or a damaged file, wherever a run meets it, becomes its line."""
    from qn_pipeline.warehouse.mishaps import what_happened

    try:
        yield
    except QnError:
        raise
    except Exception as error:
        line = what_happened(settings, project, error)
        if line is None:
            raise
        raise RunFailed(line) from error


def _asked_days(project: Project, day: str | None, first: str | None, last: str | None, today: date) -> tuple[date, date] | None:
    if day is not None and (first is not None or last is not None):
        raise ConfigurationError("--date goes without --from and --to. Nothing was written. Use one of the two.")
    if (first is None) != (last is None):
        raise ConfigurationError("--from and --to go together. Nothing was written. Give both, or --date for one day.")
    if day is None and first is None:
        return None
    begin, end = parse_day(day or first or ""), parse_day(day or last or "")
    if begin > end:
        raise ConfigurationError(f"--from {begin} is after --to {end}. Nothing was written. Turn them round.")
    if end > today or begin < project.start:
        raise ConfigurationError(f"Days may be from {project.start} (start in {PROJECT_FILE}) to today, {today}. Nothing was written.")
    return begin, end


def _run(project_dir: Path, settings: Settings, ranges: list[tuple[date, date]], *job: str) -> None:
    from qn_pipeline.orchestration.run import run_nightly

    warnings: dict[str, None] = {}
    failed: dict[str, str] = {}
    doubtful: dict[str, None] = {}
    for begin, end in ranges:
        outcome = run_nightly(project_dir, settings, begin, end, *job)
        warnings.update(dict.fromkeys(outcome.warnings))
        doubtful.update(dict.fromkeys(outcome.doubtful))
        failed |= outcome.failed
    for warning in warnings:
        err.print(f"[yellow]warning[/] {warning}", highlight=False, soft_wrap=True)
    out.print(
        f"Done for {', '.join(f'{begin} to {end}' for begin, end in ranges)}. Pages: {settings.published / 'pages' / 'index.html'}",
        highlight=False,
        soft_wrap=True,
    )
    told = [f"Published without what {', '.join(failed)} could not bring: {' '.join(failed.values())}"] if failed else []
    if doubtful:
        told.append(
            f"Published with rows that look wrong: {'; '.join(doubtful)}. Ask the source and run the days again, or accept them (waivers in {PROJECT_FILE})."
        )
    if told:
        raise RunFailed(" ".join(told))


@app.command()
def rebuild(project_dir: ProjectDir = Path()) -> None:
    """The warehouse again, from landing: everything is checked, loaded and computed anew, and the marts swapped; the sources are not asked."""
    from qn_pipeline.landing.extractions import read_extractions
    from qn_pipeline.orchestration.jobs import REBUILD
    from qn_pipeline.warehouse.changes import forget_all

    project, settings = load(project_dir)
    landed = read_extractions(settings)
    if not landed:
        raise ConfigurationError(
            f"Nothing is landed in {settings.landing} yet, so there is nothing to rebuild. Nothing was written. Start with: qn run"
        )
    settings.prepare_home()
    warehouse = open_warehouse(settings)
    with _mishaps_told(settings, project), warehouse.alone():
        forget_all(warehouse)
        # A folder that is moved away is gone at once; one that is half deleted would be checked anew in part.
        aside = settings.scratch / f"valid-{os.getpid()}"
        if settings.valid.exists():
            settings.valid.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
        last = max(extraction.manifest.day for extraction in landed)
        _run(project_dir, settings, [(last, last)], REBUILD)


@app.command()
def prove(
    project_dir: ProjectDir = Path(),
    units: Annotated[int, typer.Option("--units", min=1, help="Of how many units.")] = 3,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Whose turn it is; without it, those of the week of the last run.")] = None,
) -> None:
    """Prove on a sample of units that what nights keep is what a rebuild from landing would make; nothing that is published changes."""
    from qn_pipeline.orchestration.run import run_proof

    project, settings = load(project_dir)
    settings.prepare_home()
    with _mishaps_told(settings, project), open_warehouse(settings).alone():
        out.print(run_proof(project_dir, settings, units, seed), highlight=False, soft_wrap=True)


@app.command()
def demo(
    directory: Annotated[Path, typer.Argument(help="The folder of the demo; one that a demo made is made again.")] = Path("qn-demo"),
    dossiers: Annotated[int, typer.Option("--dossiers", min=1, help="Dossiers that come in.")] = 20_000,
    months: Annotated[int, typer.Option("--months", min=2, max=60, help="Months in which they do, from January 2022 on.")] = 12,
    nights: Annotated[int, typer.Option("--nights", min=0, max=28, help="Nights that are replayed after the backfill.")] = 2,
    seed: Annotated[int, typer.Option("--seed", help="Another seed, another province.")] = 2022,
) -> None:
    """The main job on a simulated province: a backfill of all months but the last, then night after night, and what came of it."""
    from qn_pipeline import demo as province_in_a_box

    asked = province_in_a_box.Demo(directory.absolute(), dossiers, months, nights, seed)
    province_in_a_box.prepare(asked)
    with province_in_a_box.serving(asked) as province:
        for first, last in province_in_a_box.run(asked, province):
            out.print(f"[bold]{'Backfill' if first != last else 'Night'}[/] {first}{f' to {last}' if first != last else ''}", highlight=False)
    closed = asked.backfill[1].replace(day=1)
    month = f"{closed:%Y-%m}"
    indicators(month, project_dir=asked.folder, levels=["province", "department", "district"])
    post(month, project_dir=asked.folder, levels=["province", "department"])
    # Of the month's budgets agencies tell when the next one is half over.
    budget(f"{month_before(closed):%Y-%m}", project_dir=asked.folder)
    tracker(project_dir=asked.folder)
    quarantine(project_dir=asked.folder)
    pages = read_settings(asked.folder).published / "pages"
    command = "qn" if shutil.which("qn") else sys.argv[0]
    out.print(
        f"The month's page: {pages / f'{month}.html'}\n"
        f"One indicator by channel: {command} indicators --project {directory} --month {month} --indicator on_time_share\n"
        f"The rows behind it:       {command} explain --project {directory} --month {month} --indicator on_time_share\n"
        f"The graph in Dagster:     make dev PROJECT={directory}",
        highlight=False,
        soft_wrap=True,
    )


@app.command()
def indicators(
    month: Annotated[str, typer.Option("--month", help="YYYY-MM")],
    project_dir: ProjectDir = Path(),
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit.")] = None,
    indicator: Annotated[str | None, typer.Option("--indicator", help="Code of an indicator; shows its channels, too.")] = None,
    levels: Annotated[list[str] | None, typer.Option("--level", help="Only units of this level; may be given again.")] = None,
    period_set: Annotated[
        str, typer.Option("--period-set", help="How the month is cut: calendar, year_to_date or administrative.")
    ] = values.CALENDAR,
    scores: Annotated[bool, typer.Option("--scores", help="Points of the national index, rating and rank; of a unit by indicator, too.")] = False,
    fmt: Formatted = Format.table,
) -> None:
    """The published figures of a month."""
    _, settings = load(project_dir)
    first_day = parse_month(month)
    if scores:
        columns, rows = values.score_table(open_warehouse(settings), first_day, unit)
        if fmt is Format.table and not rows:
            out.print(f"There are no figures for {month} yet.")
        else:
            write(columns, rows, fmt, title=f"{month}, points of the national index")
        return
    columns, rows = values.month_table(open_warehouse(settings), first_day, unit, indicator, levels or (), period_set)
    if fmt is not Format.table:
        write(columns, rows, fmt)
    elif not rows:
        out.print(f"There are no figures for {month} yet.")
    elif unit is not None and indicator is None:
        names, lines = _list(columns, rows)
        write(names, lines, fmt, title=f"{rows[0][1]}, {month} ({period_set}), as of {rows[0][columns.index('as_of')]}", numbers={2, 3, 4, 5})
    else:
        at = columns.index("indicator")
        names, lines = _pivot(
            columns, [row for row in rows if indicator is not None or row[at] in values.HEADLINES], by_channel=indicator is not None
        )
        write(names, lines, fmt, title=f"{month} ({period_set}), as of {rows[0][columns.index('as_of')]}", numbers=set(range(2, len(names))))


def _list(columns: list[str], rows: list[Any]) -> tuple[list[str], list[list[Any]]]:
    """A line an indicator."""
    shown = ["indicator", "indicator_name", "numerator", "denominator", "value", "completeness", "note"]
    places = [columns.index(name) for name in shown]
    return ["indicator", "name", *shown[2:]], [[row[place] for place in places] for row in rows]


def _pivot(columns: list[str], rows: list[Any], by_channel: bool) -> tuple[list[str], list[list[Any]]]:
    """A line a unit (and channel), a column an indicator; what is not counted in dossiers says so."""
    at = {name: position for position, name in enumerate(columns)}
    lines: dict[tuple[str, ...], dict[str, Any]] = {}
    headings: dict[str, None] = {}
    for row in rows:
        measured_in = "" if row[at["measured_in"]] == "hồ sơ" else f" ({row[at['measured_in']]})"
        heading = f"{row[at['indicator_name']]}{measured_in}"
        headings[heading] = None
        key = (row[at["unit"]], row[at["unit_name"]], *([row[at["channel"]]] if by_channel else []))
        lines.setdefault(key, {})[heading] = row[at["numerator"]] if row[at["denominator"]] is None else row[at["value"]]
    names = ["unit", "name", *(["channel"] if by_channel else []), *headings]
    return names, [[*key, *(cells.get(heading) for heading in headings)] for key, cells in lines.items()]


@app.command()
def post(
    month: Annotated[str, typer.Option("--month", help="YYYY-MM")],
    project_dir: ProjectDir = Path(),
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit: its work by post office.")] = None,
    levels: Annotated[list[str] | None, typer.Option("--level", help="Only units of this level; may be given again.")] = None,
    reconcile: Annotated[bool, typer.Option("--reconcile", help="Against the one-stop shop: how codes were matched, and what contradicts.")] = False,
    fmt: Formatted = Format.table,
) -> None:
    """The post's work of a month: guided, received, digitized, returned; or how it agrees with the one-stop shop."""
    _, settings = load(project_dir)
    if reconcile:
        columns, rows = tables.reconciliation_table(open_warehouse(settings), parse_month(month), unit)
        nothing = f"No work of the post is known for {month}."
        show(columns, rows, fmt, title=f"{month}, the post's log against the one-stop shop", nothing=nothing, texts=2)
        return
    columns, rows = tables.post_table(open_warehouse(settings), parse_month(month), unit, levels or ())
    show(columns, rows, fmt, title=f"{month}, work of the post", nothing=f"No work of the post is known for {month}.", texts=2 if unit is None else 1)


@app.command()
def acceptance(
    month: Annotated[str, typer.Option("--month", help="YYYY-MM")],
    project_dir: ProjectDir = Path(),
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a desk; default all desks under a contract.")] = None,
    out_dir: Annotated[Path | None, typer.Option("--out", help="Folder of the workbooks; default nghiem_thu in what is published.")] = None,
    fmt: Formatted = Format.table,
) -> None:
    """The minutes of volume of the post's work (biên bản nghiệm thu khối lượng), a workbook a desk and contract."""
    from qn_pipeline.indicators.acceptance import acceptances, without_contract
    from qn_pipeline.publishing.acceptance import write_minutes

    _, settings = load(project_dir)
    warehouse, first_day = open_warehouse(settings), parse_month(month)
    folder = out_dir or settings.published / "nghiem_thu" / month
    rows = []
    for found in acceptances(warehouse, first_day, unit):
        try:
            path = write_minutes(found, folder)
        except OSError as error:
            raise ConfigurationError(f"{folder} cannot be written ({error.strerror}). Minutes before it are whole. Name another folder.") from None
        rows.append((found.desk, found.contract, len(found.accepted), len(found.refused), found.amount, str(path)))
    write(["desk", "contract", "accepted", "not_accepted", "amount", "file"], rows, fmt, title=f"{month}, minutes of volume", numbers={2, 3, 4})
    pieces, desks = without_contract(warehouse, first_day)
    if pieces and unit is None:
        err.print(f"{pieces} pieces of work at {desks} desks are under no contract.", highlight=False)


@app.command()
def budget(
    month: Annotated[str, typer.Option("--month", help="YYYY-MM")],
    project_dir: ProjectDir = Path(),
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit: its money by kind and source.")] = None,
    fmt: Formatted = Format.table,
) -> None:
    """Digital-transformation money at a month's end, in đồng: planned, allotted, disbursed."""
    _, settings = load(project_dir)
    columns, rows = tables.budget_table(open_warehouse(settings), parse_month(month), unit)
    texts = 2 if unit is None else 3
    if fmt is Format.table:
        # What a screen holds, in millions; the other formats have all columns, to the đồng.
        money = ["plan", "allotted", "disbursed", "ahead_of_pace"]
        shown = [*columns[:texts], *money[:3], "disbursed_share", "ahead_of_pace", "disbursed_share_of_all"]
        picked = [{name: row[columns.index(name)] for name in shown} for row in rows]
        rows = [tuple(_millions(cell) if name in money else cell for name, cell in row.items()) for row in picked]
        columns = [*columns[:texts], "plan", "allotted", "paid", "paid %", "ahead of pace", "of all money %"]
    title, nothing = f"{month}, digital-transformation money in millions of đồng", f"No budget is known for {month}."
    show(columns, rows, fmt, title=title, nothing=nothing, texts=texts)


@app.command()
def tracker(
    project_dir: ProjectDir = Path(),
    known_at: Annotated[str | None, typer.Option("--known-at", help="YYYY-MM-DD: as it was known at the end of that day.")] = None,
    fmt: Formatted = Format.table,
) -> None:
    """The specialised databases: progress, delay, records, money, and when they are expected to be done."""
    _, settings = load(project_dir)
    day = None if known_at is None else parse_day(known_at)
    columns, rows = tables.tracker_table(open_warehouse(settings), day)
    if fmt is Format.table:
        at = {name: place for place, name in enumerate(columns)}
        shown = [
            "code",
            "name",
            "status",
            "planned %",
            "actual %",
            "late (months)",
            "records %",
            "money %",
            "expected finish",
            "80 %",
            "contradictions",
        ]
        rows = [
            (
                *(row[at["code"]], row[at["name"]], tables.STATUSES[row[at["status"]]]),
                *(
                    row[at[name]]
                    for name in ("planned_progress", "actual_progress", "months_late", "records_share", "amount_share", "expected_finish")
                ),
                f"{row[at['finish_from']]} – {row[at['finish_to']]}" if row[at["finish_from"]] else None,
                row[at["contradictions"]],
            )
            for row in rows
        ]
        columns = shown
    title = f"Specialised databases{f', as known on {known_at}' if known_at else ''}"
    show(columns, rows, fmt, title=title, nothing="No plan of a specialised database is known.", texts=3)


class Work(StrEnum):
    """What a worklist is of."""

    dossiers = "dossiers"
    feedback = "feedback"


@app.command()
def worklist(
    of: Annotated[Work, typer.Argument(help="Dossiers, or feedback of 1022.")] = Work.dossiers,
    project_dir: ProjectDir = Path(),
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit.")] = None,
    fmt: Formatted = Format.table,
) -> None:
    """What is overdue or due within five working days; what costs the index most comes first."""
    _, settings = load(project_dir)
    columns, rows = tables.worklist_table(open_warehouse(settings), of.value, unit)
    show(columns, rows, fmt, title=f"Worklist of {of.value}", nothing="Nothing is overdue or due within five working days.", texts=len(columns))


@app.command()
def quarantine(
    project_dir: ProjectDir = Path(),
    source: Annotated[str | None, typer.Option("--source", help="One source, row by row.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="One rule, row by row.")] = None,
    unit: Annotated[str | None, typer.Option("--unit", help="Code of a unit as rows spell it, row by row.")] = None,
    state: Annotated[cases.State, typer.Option("--state", help="What became of a case.")] = cases.State.open,
    by: Annotated[cases.By | None, typer.Option("--by", help="Counts by this, in place of source and rule or single rows.")] = None,
    day: Annotated[str | None, typer.Option("--day", help="Told last on that day, YYYY-MM-DD.")] = None,
    month: Annotated[str | None, typer.Option("--month", help="Told last in that month, YYYY-MM.")] = None,
    adjusted: Annotated[bool, typer.Option("--adjustments", help="What was decided in place of what sources told.")] = False,
    workbooks: Annotated[Path | None, typer.Option("--workbooks", help="Write a workbook for each contact of qn.yaml into this folder.")] = None,
    fmt: Formatted = Format.table,
) -> None:
    """Rows that broke a rule: open cases by source and rule with their trend, of one source, rule or unit row by row, or workbooks for those who correct them."""
    project, settings = load(project_dir)
    if source is not None:
        project.source(source)
    if rule is not None:
        cases.check_rule(rule)
    warehouse = open_warehouse(settings)
    first, last = _days_of(day, month)
    if workbooks is not None:
        _write_workbooks(project, warehouse, workbooks, first, last)
        return
    if adjusted:
        columns, rows = cases.adjustments(warehouse)
        show(columns, rows, fmt, title="What was decided in place of what sources told", nothing="Nothing was adjusted.", texts=len(columns))
        return
    asked = cases.Asked(source, rule, unit, state, first, last)
    if by is None and asked.is_narrow():
        columns, rows = cases.cases(warehouse, asked)
        texts = len(columns)
        if fmt is Format.table:
            places = [columns.index(name) for name in asked.shown()]
            columns, rows = asked.shown(), [tuple(row[place] for place in places) for row in rows]
    else:
        columns, rows = cases.grouped(warehouse, asked, by)
        texts = columns.index("cases")
    nothing = "No row broke a rule." if state is cases.State.all else f"No case is {state}."
    if fmt is Format.table and not rows:
        out.print(nothing)
        return
    if fmt is Format.table:
        columns = [name.replace("_", " ") for name in columns]  # they fold there
    write(columns, rows, fmt, title=f"Quarantine: {state} cases", numbers=set(range(texts, min(texts + 6, len(columns)))))


@app.command(name="grant-bi")
def grant_bi(
    role: Annotated[str, typer.Argument(help="The role that BI tools connect as.")],
    create: Annotated[
        bool, typer.Option("--create", help="Make the role; its password is QN_BI_PASSWORD, or asked. Without one it has no login.")
    ] = False,
    connections: Annotated[int | None, typer.Option("--connections", min=1, help="How many connections it may have at a time.")] = None,
    project_dir: ProjectDir = Path(),
) -> None:
    """Let a role of PostgreSQL read the schema bi, and nothing else."""
    from qn_pipeline.warehouse import roles

    _, settings = load(project_dir)

    def password() -> str | None:
        if settings.bi_password is not None:
            return settings.bi_password.get_secret_value()
        if not sys.stdin.isatty():
            return None
        asked: str = typer.prompt(f"Password of {role} (empty: no login)", default="", hide_input=True, show_default=False, confirmation_prompt=True)
        return asked or None

    settings.prepare_home()
    for line in roles.grant_bi(open_warehouse(settings), role, create, password, connections).lines:
        out.print(line, highlight=False, markup=False, soft_wrap=True)


@app.command()
def doctor(project_dir: ProjectDir = Path(), fmt: Formatted = Format.table) -> None:
    """Configuration, connections, versions, disk."""
    from qn_pipeline.doctor import examine

    findings = examine(project_dir)
    write(["what", "state", "told"], [(f.what, f.state, f.told) for f in findings], fmt)
    if any(finding.state == "failed" for finding in findings):
        raise typer.Exit(1)


def _counted(cases: int) -> str:
    return f"{cases} case{'' if cases == 1 else 's'}"


def _days_of(day: str | None, month: str | None) -> tuple[date | None, date | None]:
    if day is not None and month is not None:
        raise ConfigurationError("--day goes without --month. Nothing was written. Use one of the two.")
    if day is not None:
        return parse_day(day), parse_day(day)
    if month is not None:
        return parse_month(month), month_after(parse_month(month)) - timedelta(days=1)
    return None, None


def _write_workbooks(project: Project, warehouse: Warehouse, folder: Path, first: date | None, last: date | None) -> None:
    from qn_pipeline.publishing.quarantine_workbooks import write_workbooks

    written = write_workbooks(warehouse, project, folder, first, last)
    for workbook in written:
        out.print(f"{workbook.path}: {workbook.owner}, {_counted(workbook.cases)}", highlight=False, soft_wrap=True)
    unowned = sum(workbook.cases for workbook in written if not workbook.has_contact)
    if unowned:
        out.print(
            f"{_counted(unowned)} of nobody: name a contact for their sources or units in {PROJECT_FILE} (contacts).",
            highlight=False,
            soft_wrap=True,
        )
    if not written:
        out.print("No case is open, so no workbook was written.")


def _millions(amount: int | None) -> str | None:
    return None if amount is None else f"{Decimal(amount) / 1_000_000:,.1f}"


def _percent(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) * 100 / Decimal(whole)).quantize(Decimal("0.1")) if whole else None


def main() -> None:
    """Entry point: runs a command and turns what goes wrong into one line and an exit status."""
    verbose = "--verbose" in sys.argv
    arguments = [argument for argument in sys.argv[1:] if argument != "--verbose"]
    handler = RichHandler(console=err, show_path=False, show_level=False, log_time_format="[%H:%M:%S]", rich_tracebacks=False)
    logger = logging.getLogger("qn_pipeline")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        with stoppable():
            status = app(arguments, standalone_mode=False)
        if status == TYPER_INTERRUPTED:
            status = _fail(STOPPED, 1, verbose)
    except QnError as error:
        status = _fail(str(error), error.exit_status, verbose)
    except typer.TyperException as error:
        told = error.format_message() if hasattr(error, "format_message") else str(error)
        status = _fail(told, 2, verbose)
    except (typer.Abort, KeyboardInterrupt):
        status = _fail(STOPPED, 1, verbose)
    except Exception as error:  # noqa: BLE001 -- the last resort: told in one line, with its traceback when asked for
        status = _fail(
            f"Unexpected {type(error).__name__}. What is published stays as it was. Run again with --verbose and report it as a defect.", 1, verbose
        )
    sys.exit(status or 0)


def _fail(line: str, status: int, verbose: bool) -> int:
    if verbose:
        traceback.print_exc()
    err.print(f"qn: {' '.join(line.split())}", highlight=False, markup=False, soft_wrap=True)
    return status
