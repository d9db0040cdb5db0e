"""A project: the province, its profile, its sources and their mappings, as qn.yaml and the mapping files say.

Belongs here: reading and checking those files. Does not: secrets and places (settings), reading a source (sources).
"""

import re
import unicodedata
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from qn_pipeline.contracts import CONTRACTS
from qn_pipeline.contracts.model import Column, Contract, Profile
from qn_pipeline.errors import ConfigurationError
from qn_pipeline.postal_contracts import Post
from qn_pipeline.project_quality import Adjustment, Contact, Waiver, check_adjustment, check_contacts, check_waivers

PROJECT_FILE = "qn.yaml"
ADJUSTMENTS = "adjustments"
ISO_FORMAT = "iso8601"
CELL_FORMAT = "cell"  # a cell that is a date in the file itself (XLSX, Parquet)
SERIAL_FORMAT = "serial"  # days since 1899-12-30, as spreadsheets count them
NAMED_FORMATS = (ISO_FORMAT, CELL_FORMAT, SERIAL_FORMAT)
MONEY_UNITS = {"đồng": 1, "nghìn đồng": 1_000, "triệu đồng": 1_000_000, "tỷ đồng": 1_000_000_000}
"""How many đồng the units of money are."""
UNIT_COLUMN = "@unit"  # the unit of money that a sheet declares above its table
FORMATS_BY_SUFFIX = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".xlsx": "xlsx", ".parquet": "parquet"}
STRPTIME = re.compile(r"([^%]|%-?[aAbBdHIjmMfpSyY%])+")


def _known_zone(zone: str) -> str:
    if zone not in available_timezones():
        raise ValueError(f"{zone!r} is no time zone, write one like Asia/Ho_Chi_Minh")
    return zone


Zone = Annotated[str, AfterValidator(_known_zone)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnMapping(_Strict):
    """Where a contract's column comes from. A bare text in the YAML is `from`."""

    source: str | None = Field(default=None, alias="from", description="the source's column; /a/0/b reaches into JSON")
    join: list[str] | None = Field(
        default=None, description="several of the source's columns, with | between: of a key that has no column of its own"
    )
    constant: str | None = Field(default=None, description="the same value in every row")
    default: str | None = Field(default=None, description="the value of an empty cell")
    codes: dict[str, str] | None = Field(default=None, description="the source's code: the contract's code")
    format: str | list[str] | None = Field(default=None, description="of a date: strptime patterns, iso8601, cell or serial")
    number: Literal["plain", "vi", "en"] | None = Field(default=None, description="of a number as text: 1234, 1.234,5 (vi) or 1,234.5 (en)")
    unit: Literal["đồng", "nghìn đồng", "triệu đồng", "tỷ đồng", "sheet"] | None = Field(
        default=None, description="of money: what the source counts in; sheet: what each sheet declares above its table"
    )
    zone: Zone | None = Field(default=None, description="time zone of the source's dates, when it is not the province's")
    derive: Literal["dates"] | None = Field(default=None, description="status only: ended, running or new by which dates are there")

    @property
    def origins(self) -> list[str]:
        """The source's columns that the value is made of."""
        return [*([self.source] if self.source else []), *(self.join or []), *([UNIT_COLUMN] if self.unit == "sheet" else [])]

    @property
    def formats(self) -> list[str]:
        return [self.format] if isinstance(self.format, str) else list(self.format or [])

    @model_validator(mode="after")
    def _one_origin(self) -> "ColumnMapping":
        if sum(origin is not None for origin in (self.source, self.join, self.constant, self.derive)) != 1:
            raise ValueError("give exactly one of from, join, constant and derive")
        if self.default is not None and self.source is None:
            raise ValueError("default goes with from")
        return self


class Mapping(_Strict):
    """How a source's columns become a contract's."""

    columns: dict[str, ColumnMapping]
    ignore: list[str] = Field(default_factory=list, description="columns that are known and not wanted; others are dropped and told")

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("columns"), dict):
            columns = {name: value if isinstance(value, dict) else {"from": value} for name, value in data["columns"].items()}
            return {**data, "columns": columns}
        return data

    @property
    def source_columns(self) -> list[str]:
        """The source's columns that are wanted, once each, in order."""
        return list(dict.fromkeys(column for mapping in self.columns.values() for column in mapping.origins))


class Window(_Strict):
    """What a complete window covers: all rows whose date `by` lies in the file's day or month."""

    by: Literal["received_at", "submitted_at", "ended_at"]
    span: Literal["day", "month"]


class Connection(_Strict):
    """A system that is reached over the network. Its secret is in the environment: QN_SECRET_<NAME>."""

    name: str
    product: Literal["opencps", "dvcqg"]
    url: str = Field(description="the part of all addresses that does not change")
    group_id: str | None = Field(default=None, description="opencps: the site")
    systems: list[str] = Field(default=["0"], description="opencps: the system ids whose dossiers are pulled; without one the product shows 0 only")
    user: str | None = Field(default=None, description="dvcqg: who logs in")
    unit: str | None = Field(default=None, description="dvcqg: the identifier of the province (madonvi)")
    page_size: int = Field(default=500, ge=1, le=5000)
    concurrency: int = Field(default=8, ge=1, le=64, description="requests under way at once")
    timeout: float = Field(default=60, gt=0, description="seconds that an answer may take")
    retry_budget: float = Field(default=300, ge=0, description="seconds that a pull may spend waiting between tries")
    first_wait: float = Field(default=1, ge=0, description="seconds before the first new try; later ones wait longer")
    max_vanished: float = Field(default=0.02, gt=0, le=1, description="share of the dossiers that may vanish, or be missing in lists, in one pull")
    statistics: bool = Field(default=True, description="opencps: false for a site that does not show its statistics")
    refresh_shares: int = Field(default=48, ge=0, description="opencps: refreshes in which all open dossiers are asked for one by one; 0 for never")
    refresh_requests: int = Field(
        default=5000, ge=3, description="opencps: requests that a refresh may spend on it; with more to ask, it takes more refreshes"
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Connection":
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            # Not told: what stands there may hold a password.
            raise ValueError("url is no http or https address; write one like https://motcua.example.vn/o")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError(f"url may hold neither a user, a password nor a query; the secret is in {self.secret_variable}")
        missing = [name for name in PRODUCT_SETTINGS[self.product] if getattr(self, name) is None]
        if missing:
            raise ValueError(f"a connection to {self.product} needs {missing[0]}")
        return self

    @property
    def secret_variable(self) -> str:
        return f"QN_SECRET_{self.name.upper()}"


PRODUCT_SETTINGS = {"opencps": ("group_id",), "dvcqg": ("user", "unit")}
# What a product tells: an entity's rows, and what the absence of a row means.
PRODUCT_ENTITIES: dict[str, dict[str, Literal["changes", "snapshot"]]] = {
    "opencps": {
        "dossiers": "changes",
        "dossier_actions": "changes",
        "units": "snapshot",
        "procedures": "snapshot",
        "services": "snapshot",
        "holidays": "snapshot",
        "work_times": "snapshot",
    },
    "dvcqg": {"dossiers": "changes"},
}


Effect = Literal["warn", "fail", "stop"]
"""What follows when a source's rows look odd: it is told; the run ends with status 1 after it has published; nothing is published."""


class Volume(_Strict):
    """How many rows a source may bring, against days of the same kind, or against the snapshot before."""

    least: float | None = Field(default=None, ge=0, lt=1, description="share of the usual rows; default 0.6, of a snapshot or window 0.7")
    most: float = Field(default=3, gt=1, description="multiple of the usual rows")
    severity: Effect | None = Field(default=None, description="default stop where absent rows vanish (snapshot, window), else fail")


class Drift(_Strict):
    """What happens when a source's rows look otherwise than they did."""

    severity: Effect = "warn"


class Source(_Strict):
    """What brings rows of one entity: files (FileSource) or a connection (PulledSource)."""

    name: str
    label: str = Field(description="what officials call it")
    entity: str
    system: str = Field(description="the system that made the rows; with their code it is their key")
    delivers: Literal["changes", "snapshot", "window"] = Field(description="what the absence of a row means")
    max_quarantined: float = Field(default=0.5, gt=0, le=1, description="share of rows in quarantine that stops the night")
    volume: Volume = Volume()
    drift: Drift = Drift()
    due_includes_pauses: bool = Field(default=True, description="dossiers: an answered pause has moved the due date that the source states")
    mapping_file: str = Field(alias="mapping")
    mapping: Mapping = Field(alias="_mapping")

    @property
    def contract(self) -> Contract:
        return CONTRACTS[self.entity]

    @property
    def sealed_columns(self) -> list[str]:
        """The source's columns that must be sealed at landing."""
        return [m.source for name, m in self.mapping.columns.items() if m.source and self.contract.column(name).sealed]

    def _check_mapping(self) -> None:
        for name, mapping in self.mapping.columns.items():
            if name not in self.contract.names:
                raise ValueError(f"{self.mapping_file} maps the unknown column {name!r} of {self.entity}")
            _check_column(self.contract.column(name), mapping, self.mapping_file)
        unmapped = [column.name for column in self.contract.columns if not column.nullable and column.name not in self.mapping.columns]
        if unmapped:
            raise ValueError(f"{self.mapping_file} does not map {', '.join(unmapped)}, which {self.entity} must have")


class TableSettings(_Strict):
    """XLSX: where an office's tables are in its workbook, and which of their rows are lines."""

    sheets: str | None = Field(default=None, description="regular expression of the sheets' names; a group is @sheet; default the first sheet")
    header: str = Field(min_length=1, description="the text of the header's first cell, like TT")
    header_rows: int = Field(default=1, ge=1, le=3, description="rows of the header; the levels of a name are joined with ' / '")
    titles: dict[str, str] = Field(default={}, description="@name: regular expression with one group, searched above the header")
    numbering: str | None = Field(default=None, description="the column of ordinal marks: A, I, 1, 1.1, a, - and +")
    text: str | None = Field(default=None, description="the column that says what a row is: totals and breakdowns begin with certain words")

    @model_validator(mode="after")
    def _consistent(self) -> "TableSettings":
        if _groups("sheets", self.sheets or "") > 1:
            raise ValueError("sheets has more than one group")
        for name, pattern in self.titles.items():
            if not re.fullmatch(r"[a-z0-9_]+", name) or name in ("sheet", "file"):
                raise ValueError(f"titles cannot name {name!r}: a-z, 0-9 and _ only, neither sheet nor file")
            if _groups(f"titles.{name}", pattern) != 1:
                raise ValueError(f"titles.{name} must have one group: what is captured")
        return self


def _groups(where: str, pattern: str) -> int:
    try:
        return re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"{where} is no regular expression ({error.msg})") from None


class FileSource(Source):
    """A system that delivers rows in files."""

    files: str = Field(description="path below the project, with {day}, {month} or * in the file's name")
    format: Literal["csv", "jsonl", "xlsx", "parquet"]
    delimiter: str = Field(default=",", min_length=1, max_length=1)
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1, description="XLSX: the row that holds the columns' names")
    table: TableSettings | None = None
    encoding: Literal["utf-8", "utf-16", "windows-1258", "tcvn3"] = Field(default="utf-8", description="CSV and JSONL: how text is written")
    window: Window | None = None

    @model_validator(mode="before")
    @classmethod
    def _format_by_suffix(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("files"), str):
            suffix = Path(data["files"]).suffix.lower()
            return {"system": data.get("name"), "label": data.get("name"), "format": FORMATS_BY_SUFFIX.get(suffix), **data}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> "FileSource":
        if self.entity not in CONTRACTS:
            raise ValueError(f"entity {self.entity!r} is not one of {', '.join(CONTRACTS)}")
        if (self.delivers == "window") != (self.window is not None):
            raise ValueError("window goes with delivers: window")
        if self.window and "{" + self.window.span + "}" not in self.files:
            raise ValueError(f"a window of a {self.window.span} needs {{{self.window.span}}} in files")
        if any(Path(self.files).name.count(mark) > 1 for mark in ("{day}", "{month}")):
            raise ValueError("files may hold {day} and {month} once each")
        if self.delivers != "changes" and "*" in self.files:
            raise ValueError(f"delivers: {self.delivers} says that one file holds all rows, so files cannot hold a *")
        self._check_reading()
        self._check_mapping()
        return self

    def _check_reading(self) -> None:
        if self.table and self.format != "xlsx":
            raise ValueError(f"table is of workbooks (xlsx), and the format is {self.format}")
        if self.table and (self.sheet is not None or self.header_row != 1):
            raise ValueError("table finds its sheets and header itself, so it goes with neither sheet nor header_row")
        if self.encoding != "utf-8" and self.format not in ("csv", "jsonl"):
            raise ValueError(f"encoding is of csv and jsonl, and the format is {self.format}")
        if UNIT_COLUMN in self.mapping.source_columns and (self.table is None or UNIT_COLUMN[1:] not in self.table.titles):
            raise ValueError(f"{self.mapping_file} takes the unit from the sheet, so the source needs table.titles.unit")

    @property
    def is_document(self) -> bool:
        """Whether a file's name says what it is about, and not when it came: then it corrects the one of that name, whenever it comes again."""
        return self.delivers == "changes" and "{day}" not in self.files and ("{month}" in self.files or self.table is not None)


class PulledSource(Source):
    """Rows of a connection. What their absence means is the product's to say."""

    connection: Connection

    @model_validator(mode="before")
    @classmethod
    def _by_product(cls, data: Any) -> Any:
        connection = data.get("connection") if isinstance(data, dict) else None
        if isinstance(connection, Connection):
            delivers = PRODUCT_ENTITIES[connection.product].get(str(data.get("entity")))
            if delivers is None:
                told = ", ".join(PRODUCT_ENTITIES[connection.product])
                raise ValueError(f"{connection.product} brings no {data.get('entity')}; it brings {told}")
            return {"system": connection.name, "label": data.get("name"), **data, "delivers": delivers}
        return data

    @model_validator(mode="after")
    def _consistent(self) -> "PulledSource":
        self._check_mapping()
        return self


AnySource = FileSource | PulledSource


def _check_column(column: Column, mapping: ColumnMapping, where: str) -> None:
    if mapping.derive and column.name != "status":
        raise ValueError(f"{where}: derive is for status, not for {column.name}")
    if column.type in ("timestamp", "date"):
        if mapping.source and not mapping.formats:
            raise ValueError(f"{where}: {column.name} is a date and needs a format: a strptime pattern, {' or '.join(NAMED_FORMATS)}")
        odd = [text for text in mapping.formats if text not in NAMED_FORMATS and ("%" not in text or "%z" in text)]
        if odd:
            raise ValueError(f"{where}: {column.name} has the format {odd[0]!r}; write a strptime pattern without %z, {' or '.join(NAMED_FORMATS)}")
    elif mapping.format or mapping.zone:
        raise ValueError(f"{where}: {column.name} is no date, so it takes neither format nor zone")
    for pattern in mapping.formats:
        if pattern not in NAMED_FORMATS and not STRPTIME.fullmatch(pattern):
            raise ValueError(f"{where}: {column.name} has the format {pattern!r}, which is no strptime pattern")
    _check_number(column, mapping, where)
    if column.type == "boolean" and not set((mapping.codes or {}).values()) <= {"true", "false"}:
        raise ValueError(f"{where}: the codes of {column.name} are true and false")
    if column.codes and mapping.codes:
        odd = sorted(set(mapping.codes.values()) - set(column.codes.codes("generic")))
        if odd:
            raise ValueError(f"{where}: {column.name} has no code {odd[0]!r}; its codes: {', '.join(column.codes.codes('generic'))}")
    if column.sealed and (mapping.join or mapping.constant or mapping.codes or mapping.default):
        raise ValueError(f"{where}: {column.name} is sealed, so it takes only from")


def _check_number(column: Column, mapping: ColumnMapping, where: str) -> None:
    if mapping.number and column.type != "integer":
        raise ValueError(f"{where}: {column.name} is no number, so it takes no number format")
    if mapping.unit and column.unit != "đồng":
        raise ValueError(f"{where}: {column.name} is no money, so it takes no unit")


class Province(_Strict):
    """The root of all units."""

    code: str
    name: str


class BudgetRule(_Strict):
    """Says of budget lines whether they are digital-transformation money. All conditions that are given must hold; of each, any value suffices."""

    name: str
    decides: Literal["include", "exclude"]
    chapters: list[str] | None = None
    categories: list[str] | None = None
    items: list[str] | None = None
    subitems: list[str] | None = None
    projects: list[str] | None = None
    keywords: list[str] | None = Field(default=None, description="anywhere in the line's text, in any case")
    tags: list[str] | None = None
    valid_from: date | None = None
    valid_to: date | None = None


class DigitalTransformation(_Strict):
    """What is digital-transformation money: the first rule that holds decides; lines that none decides are a list."""

    target_share: Decimal | None = Field(default=Decimal(1), description="per cent of all spending that it is to be")
    certainty: Literal["source", "derived", "memory", "undetermined"] = "memory"
    rules: list[BudgetRule] = []

    @model_validator(mode="after")
    def _distinct(self) -> "DigitalTransformation":
        names = [rule.name for rule in self.rules]
        doubled = [name for name in names if names.count(name) > 1]
        if doubled:
            raise ValueError(f"two rules are named {doubled[0]!r}; a line keeps the name of the rule that decided")
        return self


class Continuity(_Strict):
    """How far the figures of a closed month may move between two publications."""

    tolerance: float = Field(default=0.02, ge=0, lt=1, description="share of a count, or points of a share in hundredths, that may change untold")
    fall: float = Field(default=0.2, gt=0, le=1, description="share of the province's received or settled whose loss stops the publication")
    slack: int = Field(default=10, ge=0, description="so many pieces may change in any case")


class Project(_Strict):
    """qn.yaml, checked."""

    directory: Path
    province: Province
    timezone: Zone = "Asia/Ho_Chi_Minh"
    profile: Profile = "vietnam"
    start: date = Field(description="the first day that a run can be asked for")
    precedence: list[str] = Field(default=[], description="systems of dossiers, the one to believe first; default the order of the sources")
    copies: list[str] = Field(default=[], description="systems that repeat what others tell: a dossier that they alone tell is not counted")
    deadline_rule: Literal["minute", "next_day"] = Field(default="minute", description="how a due date is recomputed: docs/figures.md")
    catalogue: dict[str, dict[str, Any]] = Field(default={}, description="what the catalogue says otherwise here: by indicator, scoring or layouts")
    digital_transformation: DigitalTransformation = DigitalTransformation()
    post: Post = Post()
    continuity: Continuity = Continuity()
    sources: dict[str, AnySource]
    waivers: list[Waiver] = Field(default=[], description="rows that break a rule and are counted all the same: docs/quality.md")
    contacts: list[Contact] = Field(default=[], description="who is told of what is wrong, by source and unit")
    adjustments: list[Adjustment] = Field(default=[], description="the files of the folder adjustments, in the order of their names")

    @model_validator(mode="after")
    def _known_systems(self) -> "Project":
        systems = {source.system for source in self.sources_of("dossiers")}
        if self.precedence and sorted(self.precedence) != sorted(systems):
            raise ValueError(f"precedence must name each system of dossiers once: {', '.join(sorted(systems))}")
        unknown = sorted(set(self.copies) - systems)
        if unknown:
            raise ValueError(f"copies names {unknown[0]!r}, which is no system of dossiers; they are {', '.join(sorted(systems))}")
        if systems and set(self.copies) == systems:
            raise ValueError("copies names every system of dossiers: nothing would be counted")
        for system in systems:
            if len({source.due_includes_pauses for source in self.sources_of("dossiers") if source.system == system}) > 1:
                raise ValueError(f"the sources of {system!r} differ in due_includes_pauses; a system has one")
        return self

    @model_validator(mode="after")
    def _decisions(self) -> "Project":
        check_waivers(self.waivers, {name: source.contract for name, source in self.sources.items()}, self.profile)
        check_contacts(self.contacts, self.sources)
        return self

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def due_includes_pauses(self, system: str) -> bool:
        """Whether due dates of a system of dossiers have been moved by answered pauses."""
        return next(source.due_includes_pauses for source in self.sources_of("dossiers") if source.system == system)

    def sources_of(self, entity: str) -> list[AnySource]:
        return [source for source in self.sources.values() if source.entity == entity]

    def source(self, name: str) -> AnySource:
        """The source of that name. Raises ConfigurationError when there is none."""
        if name not in self.sources:
            raise ConfigurationError(f"{self.directory / PROJECT_FILE} has no source {name!r}. Its sources: {', '.join(self.sources)}.")
        return self.sources[name]


def load_project(directory: Path) -> Project:
    """Read and check qn.yaml and its mappings. Raises ConfigurationError with the first thing that is wrong."""
    file = directory / PROJECT_FILE
    data = _read_yaml(file, hint="Name the project's folder with --project, or make one with: qn init DIR")
    sources = data.get("sources")
    if not isinstance(sources, dict) or not sources:
        raise ConfigurationError(f"{file}: sources is missing or empty. Nothing was written. Declare at least one source.")
    connections = _connections(file, data.pop("connections", {}))
    loaded = {str(name): _source(file, str(name), source, connections) for name, source in sources.items()}
    if ADJUSTMENTS in data:
        raise ConfigurationError(f"{file}: {ADJUSTMENTS} is a folder beside it, a file a decision. Nothing was written. Move them there.")
    try:
        project = Project.model_validate({**data, "directory": directory.absolute(), "sources": loaded})
    except ValidationError as error:
        raise ConfigurationError(f"{file}: {_first_problem(error)}. Nothing was written. Correct it.") from None
    return project.model_copy(update={"adjustments": _adjustments(project)})


def configuration_files(project: Project) -> list[Path]:
    """The files that say how a project's rows are read and counted, relative to its folder: qn.yaml, its mappings, its adjustments.

    Raises ConfigurationError when a mapping lies outside the folder.
    """
    mappings = [Path(name) for name in sorted({source.mapping_file for source in project.sources.values()})]
    for mapping in mappings:
        if not (project.directory / mapping).resolve().is_relative_to(project.directory.resolve()):
            raise ConfigurationError(
                f"The mapping {mapping} lies outside {project.directory}, so it cannot be kept with what is published. Nothing was written. Move it into the folder."
            )
    return [Path(PROJECT_FILE), *mappings, *(Path(adjustment.file) for adjustment in project.adjustments)]


def _adjustments(project: Project) -> list[Adjustment]:
    contracts = {name: source.contract for name, source in project.sources.items()}
    folder = project.directory / ADJUSTMENTS
    odd = sorted(path.name for path in folder.glob("*") if path.suffix != ".yaml" and not path.name.startswith("."))
    if odd:
        raise ConfigurationError(f"{folder / odd[0]} is no .yaml file, so nothing would be adjusted by it. Nothing was written. Rename or move it.")
    adjustments = []
    for file in sorted(folder.glob("[!.]*.yaml")):
        data = _read_yaml(file, hint="Write who decided, when, why, and what, as docs/quality.md shows")
        try:
            adjustment = Adjustment.model_validate({**data, "file": f"{ADJUSTMENTS}/{file.name}"})
            check_adjustment(adjustment, contracts, project.profile)
        except ValidationError as error:
            raise ConfigurationError(f"{file}: {_first_problem(error)}. Nothing was written. Correct it.") from None
        except ValueError as error:
            raise ConfigurationError(f"{file}: {error}. Nothing was written. Correct it.") from None
        adjustments.append(adjustment)
    return adjustments


def _connections(file: Path, tables: object) -> dict[str, Connection]:
    if not isinstance(tables, dict):
        raise ConfigurationError(f"{file}: connections is not a table of connections. Nothing was written. Correct it.")
    connections = {}
    for name, settings in tables.items():
        _check_name(file, "connection", str(name), settings)
        try:
            connections[str(name)] = Connection.model_validate({**settings, "name": name})
        except ValidationError as error:
            raise ConfigurationError(f"{file}: {_first_problem(error, f'connections.{name}')}. Nothing was written. Correct it.") from None
    return connections


def _check_name(file: Path, kind: str, name: str, settings: object) -> None:
    if not isinstance(settings, dict):
        raise ConfigurationError(f"{file}: {kind}s.{name} is not a table of settings. Nothing was written. Correct it.")
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ConfigurationError(f"{file}: the {kind}'s name {name!r} may hold a-z, 0-9 and _ only. Nothing was written. Rename it.")


def _source(file: Path, name: str, source: Any, connections: dict[str, Connection]) -> AnySource:
    _check_name(file, "source", name, source)
    if not isinstance(source.get("mapping"), str):
        raise ConfigurationError(f"{file}: sources.{name}.mapping does not name a mapping file. Nothing was written. Add it.")
    mapping_file = file.parent / source["mapping"]
    mapping = _read_yaml(mapping_file, hint=f"It is the mapping of source {name} in {file}")
    try:
        checked = Mapping.model_validate(mapping)
    except ValidationError as error:
        raise ConfigurationError(f"{mapping_file}: {_first_problem(error)}. Nothing was written. Correct it.") from None
    settings = {**source, "name": name, "_mapping": checked}
    try:
        if "connection" not in source:
            return FileSource.model_validate(settings)
        if "files" in source:
            raise ConfigurationError(f"{file}: sources.{name} has files and a connection. Nothing was written. Keep one of the two.")
        connection = connections.get(str(source["connection"]))
        if connection is None:
            raise ConfigurationError(
                f"{file}: sources.{name} names the unknown connection {source['connection']!r}. Nothing was written. Declare it."
            )
        return PulledSource.model_validate({**settings, "connection": connection})
    except ValidationError as error:
        raise ConfigurationError(f"{file}: {_first_problem(error, f'sources.{name}')}. Nothing was written. Correct it.") from None


def _read_yaml(file: Path, hint: str) -> dict[str, Any]:
    try:
        # Nothing is guessed: 2.000810, 01 and yes are codes; what is a number or a date is declared so by its field.
        data = yaml.load(unicodedata.normalize("NFC", file.read_text(encoding="utf-8")), Loader=yaml.CBaseLoader)  # noqa: S506 -- makes texts only
    except FileNotFoundError:
        raise ConfigurationError(f"{file} does not exist. Nothing was written. {hint}.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} cannot be read ({error}). Nothing was written. {hint}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ConfigurationError(f"{file} is not YAML{where}: {getattr(error, 'problem', error)}. Nothing was written. Correct it.") from None
    if not isinstance(data, dict):
        raise ConfigurationError(f"{file} holds no settings. Nothing was written. {hint}.")
    return data


def _first_problem(error: ValidationError, within: str = "") -> str:
    first = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in (within, *first["loc"]) if part != "")
    message = first["msg"].removeprefix("Value error, ")
    return f"{where}: {message}" if where else message
