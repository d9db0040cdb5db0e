"""Dagster's event log in SQLite, with its database engines kept.

Dagster makes an engine anew for each event and compiles its statements again: 3 ms an event instead of 1, and a backfill of two years
has some 8,000 events (a day, an asset, planned and done).
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

BUSY_TIMEOUT_SECONDS = 60


class KeptEngineEventLogStorage(SqliteEventLogStorage):
    """Dagster's own storage in all but how a connection is made."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._kept: dict[str, Engine] = {}
        super().__init__(*args, **kwargs)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> "KeptEngineEventLogStorage":
        return cls(inst_data=inst_data, **config_value)

    def run_connection(self, run_id: str | None = None) -> Any:
        return self._keep(str(run_id))

    def index_connection(self) -> AbstractContextManager[Connection]:
        return self._keep(INDEX_SHARD_NAME)

    @contextmanager
    def _keep(self, shard: str) -> Iterator[Connection]:
        if shard not in self._kept:
            with self._connect(shard):
                pass  # makes the database of a new run
            self._kept[shard] = create_engine(self.conn_string_for_shard(shard), connect_args={"timeout": BUSY_TIMEOUT_SECONDS})
        with self._db_lock, self._kept[shard].begin() as connection:
            yield connection

    def dispose(self) -> None:
        for engine in self._kept.values():
            engine.dispose()
        super().dispose()
