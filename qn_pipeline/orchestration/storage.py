"""Dagster's event log in SQLite, with its database engines kept, and the events of many days written together.

Dagster makes an engine anew for each event, compiles its statements again and ends two transactions: 3 ms an event. A backfill of two years has
some 17,500 events (a day and an asset, planned and done); together they are a few statements an asset.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from dagster._core.events import ASSET_EVENTS
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.event_log.schema import SqlEventLogStorageTable
from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Connection, Engine, create_engine

BUSY_TIMEOUT_SECONDS = 60
# Dagster hands events over in batches only where this is set; it reads it from the environment.
# One event an asset says that all days of a run are planned; should it fail, its days are shown as not there rather than as failed.
PLANNED_TOGETHER = {"DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "true"}
BATCHES = {"DAGSTER_EVENT_BATCH_SIZE": "2000"}


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

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        """Events of assets go into the run's database and the index in one transaction each; others one by one."""
        of_runs: dict[str, list[EventLogEntry]] = defaultdict(list)
        for event in events:
            if event.is_dagster_event and event.dagster_event_type in ASSET_EVENTS:
                of_runs[event.run_id].append(event)
            else:
                self.store_event(event)
        for run_id, asset_events in of_runs.items():
            self._store_asset_events(run_id, asset_events)

    def _store_asset_events(self, run_id: str, events: list[EventLogEntry]) -> None:
        rows = [self._event_to_row(event) for event in events]
        # What is known of an asset is what its last event says.
        last = {event.get_dagster_event().asset_key: place for place, event in enumerate(events)}
        with self.run_connection(run_id) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
        with self.index_transaction() as connection:
            numbered = SqlEventLogStorageTable.insert().returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
            ids = list(connection.execute(numbered, rows).scalars())
            self._store_asset_event_tags(connection, events, ids)
            for place in last.values():
                self._store_asset_event(connection, events[place], ids[place])

    def dispose(self) -> None:
        for engine in self._kept.values():
            engine.dispose()
        super().dispose()
