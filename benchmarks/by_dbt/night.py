"""A night with plain dbt: the files into schema `raw` as they are, then `dbt build` of everything.

    python -m benchmarks.by_dbt.night PROJECT URL WORK

PROJECT is a folder that `benchmarks.data` made, URL an empty PostgreSQL database, WORK where dbt keeps its files.
"""

import argparse
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg2
from psycopg2.extensions import cursor as Cursor  # noqa: N812 -- a class that is named like its instances
from psycopg2.extensions import parse_dsn

from benchmarks.floor_dossiers import HEADER

PROJECT = Path(__file__).parent
UNITS = ("Mã đơn vị", "Tên đơn vị", "Cấp", "Mã cấp trên")


def load(url: str, project: Path) -> None:
    """raw.dossiers: each file's rows as text, with the file's day and a running number; raw.units."""
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute("drop schema if exists raw cascade; create schema raw")
        columns = ", ".join(f'"{name}" text' for name in HEADER)
        cursor.execute(f"create table raw.dossiers ({columns}, row_no bigint generated always as identity, file_day date)")
        cursor.execute(f"create table raw.units ({', '.join(f'{_quoted(name)} text' for name in UNITS)})")
        for file in sorted((project / "data" / "dossiers").glob("ho_so_*.csv")):
            day = file.stem.rpartition("_")[2]
            cursor.execute(f"alter table raw.dossiers alter column file_day set default date '{day}'")
            _copy(cursor, "raw.dossiers", HEADER, file)
        _copy(cursor, "raw.units", UNITS, project / "data" / "reference" / "don_vi.csv")
        cursor.execute("analyze raw.dossiers")


def _copy(cursor: Cursor, table: str, columns: tuple[str, ...], file: Path) -> None:
    with file.open(encoding="utf-8") as stream:
        cursor.copy_expert(f"copy {table} ({', '.join(map(_quoted, columns))}) from stdin (format csv, header)", stream)


def _quoted(name: str) -> str:
    return f'"{name}"'


def build(url: str, work: Path) -> None:
    """dbt's models and tests. Raises CalledProcessError when one fails."""
    told = parse_dsn(url)
    variables = {"PGHOST": told["host"], "PGPORT": told.get("port", "5432"), "PGUSER": told["user"], "PGDATABASE": told["dbname"]}
    folders = {"DBT_TARGET_PATH": str(work / "target"), "DBT_LOG_PATH": str(work / "logs"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    command = [str(Path(sys.executable).parent / "dbt"), "--no-use-colors", "build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
    subprocess.run(command, env={**os.environ, **variables, **folders}, check=True)


def figures(url: str, file: Path) -> None:
    """What came out, as a CSV file."""
    with closing(psycopg2.connect(url)) as connection, connection.cursor() as cursor, file.open("w", encoding="utf-8") as stream:
        cursor.copy_expert("copy figures.indicator_values to stdout (format csv, header)", stream)


def main() -> None:
    parser = argparse.ArgumentParser(description="A night with plain dbt on PostgreSQL.")
    parser.add_argument("project", type=Path)
    parser.add_argument("url")
    parser.add_argument("work", type=Path)
    arguments = parser.parse_args()
    load(arguments.url, arguments.project)
    build(arguments.url, arguments.work)


if __name__ == "__main__":
    main()
