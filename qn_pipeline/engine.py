"""The embedded engine of the landing and valid stages: DuckDB in memory, bounded and closed to the network."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from qn_pipeline.settings import Settings


def duckdb_config(settings: Settings) -> dict[str, str | bool | int | float | list[str]]:
    """What every DuckDB connection of the pipeline is opened with."""
    return {
        "threads": settings.threads,
        "memory_limit": settings.memory_limit,
        "temp_directory": str(settings.scratch),
        # Rows may spill before they are sealed. The library that encrypts with better chance numbers is an extension that no registry has for this
        # DuckDB, and without either a spill fails: this keeps values from whoever reads the disk.
        "temp_file_encryption": True,
        "force_mbedtls_unsafe": True,
        "autoinstall_known_extensions": False,
        "TimeZone": "UTC",
    }


@contextmanager
def open_engine(settings: Settings) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB connection without a file, closed afterwards."""
    connection = duckdb.connect(config=duckdb_config(settings))
    try:
        yield connection
    finally:
        connection.close()


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: str | Path) -> str:
    """A text literal for SQL, for the places where DuckDB takes no parameters."""
    return "'" + str(value).replace("'", "''") + "'"
