"""What two ways came to, held against each other row by row and value by value.

Belongs here: the tables of the pipeline, the floor, pandas and plain dbt that must be equal. Does not: running them.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from benchmarks.floor_common import DATABASE
from benchmarks.measuring import WORK, console

SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class Compared:
    """Two queries that must give the same rows, each row named by its key."""

    name: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    pipeline: str
    floor: str


@dataclass(frozen=True)
class Comparison:
    """Rows of both sides, how many of each side the other lacks, and some of them for people to read."""

    name: str
    rows: int
    floor_rows: int
    only_pipeline: int
    only_floor: int
    examples: list[str]

    @property
    def differs(self) -> bool:
        return bool(self.only_pipeline or self.only_floor)


def compare(home: Path, floor: Path) -> list[Comparison]:
    """Hold what the two came to against each other, both ways."""
    with duckdb.connect(config={"temp_directory": str(WORK / "spill")}) as con:
        for name, file in {
            "warehouse": home / "warehouse.duckdb",
            "published": home / "published" / "warehouse.duckdb",
            "floor": floor / DATABASE,
        }.items():
            con.execute(f"attach '{file}' as {name} (read_only)")
        return [_compare(con, pair) for pair in _pairs(con)]


def _pairs(con: duckdb.DuckDBPyConnection) -> list[Compared]:
    # batch_id is a sequence number that the pipeline gives out at landing, and no value of the data: the file that it stands for is compared.
    dossier, interval, piece, values = (
        tuple(_columns(con, f"floor.{table}")) for table in ("fct_dossier", "fct_dossier_interval", "fct_postal_event", "indicator_values")
    )
    # Any hash of the content will do.
    version = tuple(name for name in _columns(con, "floor.fct_dossier_version") if name != "content_hash")
    broken = ("entity", "file", "row_no", "row_key", "rule", "severity", "column_name")
    with_file = "select d.*, e.file from warehouse.core.fct_dossier as d join warehouse.valid.extractions as e on e.extraction_seq = d.batch_id"
    # The days of files stand for extractions.
    known = "f.day as known_from, t.day as known_to"
    versions = f"""select v.* replace ({known}) from (select * replace (known_from::bigint as known_from) from warehouse.core.fct_dossier_version) as v
        join warehouse.valid.extractions as f on f.extraction_seq = v.known_from left join warehouse.valid.extractions as t on t.extraction_seq = v.known_to"""
    # The mart lists cases; the script lists every telling of one.
    quarantine = "select * from warehouse.core.broken_rule where entity in ('dossiers', 'postal_events') and corrected_on is null"
    figures = "from published.marts.indicator_values where period_set = 'calendar' and indicator in (select indicator from floor.indicator_values)"
    return [
        Compared("fct_dossier_version", ("system", "code", "version_no"), version, versions, "from floor.fct_dossier_version"),
        Compared("fct_dossier", ("system", "code"), dossier, with_file, "from floor.fct_dossier"),
        Compared(
            "fct_dossier_interval",
            ("system", "code", "piece"),
            interval,
            "from warehouse.core.fct_dossier_interval",
            "from floor.fct_dossier_interval",
        ),
        Compared("fct_postal_event", ("system", "code"), piece, "from warehouse.core.fct_postal_event", "from floor.fct_postal_event"),
        Compared("indicator_values", values[:6], values, figures, "from floor.indicator_values"),
        Compared("quarantine", ("entity", "file", "row_no", "rule"), broken, quarantine, "from floor.quarantine"),
    ]


def compare_pandas(work: Path, floor: Path) -> list[Comparison]:
    """The same for what pandas came to; it has no rows on which nothing happened, and fewer columns."""
    dossier = ("code", "state", "resolving_unit", "channel", "received_at", "due_at", "ended_at", "applicant_id")
    value = ("indicator", "grain", "period_start", "unit", "channel", "numerator", "denominator")
    happened = "numerator > 0 or denominator > 0"
    figures = f"select * replace (period_start::date as period_start, denominator::bigint as denominator) from '{work}/indicator_values.parquet'"
    with duckdb.connect(config={"temp_directory": str(WORK / "spill")}) as con:
        con.execute(f"attach '{floor / DATABASE}' as floor (read_only)")
        return [
            _compare(con, Compared("fct_dossier of pandas", ("code",), dossier, f"from '{work}/fct_dossier.parquet'", "from floor.fct_dossier")),
            _compare(
                con,
                Compared(
                    "indicator_values of pandas",
                    value[:5],
                    value,
                    f"from ({figures}) where {happened}",
                    f"from floor.indicator_values where indicator in (select indicator from '{work}/indicator_values.parquet') and ({happened})",
                ),
            ),
        ]


def compare_dbt(work: Path, floor: Path) -> list[Comparison]:
    """The same for the figures that plain dbt came to: all but those of the post."""
    value = ("indicator", "period_set", "grain", "period_start", "unit", "channel", "numerator", "denominator", "value", "as_of")
    types = dict.fromkeys(value, "VARCHAR") | {"period_start": "DATE", "as_of": "TIMESTAMP", "value": "DECIMAL(20, 2)"}
    types |= {"numerator": "BIGINT", "denominator": "BIGINT"}
    figures = f"from read_csv('{work}/indicator_values.csv', header = true, columns = {types})"
    post = "indicator like 'post_%' and indicator <> 'post_share' or indicator like '%through_post_share' or indicator like '%by_post_share'"
    with duckdb.connect(config={"temp_directory": str(WORK / "spill")}) as con:
        con.execute(f"attach '{floor / DATABASE}' as floor (read_only)")
        return [
            _compare(con, Compared("indicator_values of plain dbt", value[:6], value, figures, f"from floor.indicator_values where not ({post})"))
        ]


def _columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [str(row[0]) for row in con.execute(f"describe {table}").fetchall()]


def _compare(con: duckdb.DuckDBPyConnection, pair: Compared) -> Comparison:
    names = ", ".join(pair.columns)
    sides = [f"(select {names} from ({query}))" for query in (pair.pipeline, pair.floor)]
    for table, (one, other) in {"only_pipeline": (sides[0], sides[1]), "only_floor": (sides[1], sides[0])}.items():
        con.execute(f"create or replace temp table {table} as from {one} except all from {other}")
    counts = [_count(con, side) for side in (*sides, "only_pipeline", "only_floor")]
    return Comparison(pair.name, counts[0], counts[1], counts[2], counts[3], _examples(con, pair) if counts[2] or counts[3] else [])


def _count(con: duckdb.DuckDBPyConnection, table: str) -> int:
    row = con.execute(f"select count(*) from {table}").fetchone()
    assert row is not None
    return int(row[0])


def _examples(con: duckdb.DuckDBPyConnection, pair: Compared) -> list[str]:
    """Some rows that differ, each with the columns that do: `key: column pipeline's value | the floor's`."""
    matched = " and ".join(f"p.{name} is not distinct from f.{name}" for name in pair.key)
    both = con.execute(
        f"select {', '.join(f'p.{name}, f.{name}' for name in pair.columns)} from only_pipeline as p full join only_floor as f on {matched} "
        f"order by all limit {SHOWN_DIFFERENCES}"
    ).fetchall()
    told = []
    for row in both:
        cells = {name: (row[2 * index], row[2 * index + 1]) for index, name in enumerate(pair.columns)}
        key = " ".join(str(mine if mine is not None else other) for mine, other in (cells[name] for name in pair.key))
        told.append(f"{key}: " + "; ".join(f"{name} {mine} | {other}" for name, (mine, other) in cells.items() if mine != other))
    return told


def tell_comparison(comparison: Comparison) -> None:
    verdict = f"{comparison.only_pipeline} only in the pipeline, {comparison.only_floor} only in the floor" if comparison.differs else "equal"
    line = f"{comparison.name}: {comparison.rows:,} rows of the pipeline, {comparison.floor_rows:,} of the floor: {verdict}"
    console.print(line, highlight=False, style="red" if comparison.differs else None)
    for example in comparison.examples:
        console.print(f"  {example}", highlight=False, markup=False, soft_wrap=True)
