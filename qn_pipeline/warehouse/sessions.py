"""How every session on PostgreSQL is opened, ours and dbt's: for how long its statements may take, and when a lost one is noticed."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from qn_pipeline.settings import Settings

# After a minute of silence, and another one without an answer, a session is over for either side: a machine that lost its power holds no lock for hours.
KEEPALIVES = {"idle": 60, "interval": 10, "count": 6}
CONNECT_SECONDS = 10


def session_options(settings: Settings, url: str) -> str:
    """The `options` of a session: the pipeline's limits, then what the URL sets itself."""
    limits = {
        "statement_timeout": _milliseconds(settings.statement_timeout),
        "lock_timeout": _milliseconds(settings.lock_timeout),
        # A run that was halted in a transaction holds its locks no longer than a statement could.
        "idle_in_transaction_session_timeout": _milliseconds(settings.statement_timeout),
        **{f"tcp_keepalives_{name}": value for name, value in KEEPALIVES.items()},
    }
    return " ".join([*(f"-c {name}={value}" for name, value in limits.items()), *filter(None, [_query(url).get("options")])])


def connect_arguments(settings: Settings, url: str) -> dict[str, Any]:
    """What the client library is told besides the URL."""
    limits = {f"keepalives_{name}": value for name, value in KEEPALIVES.items()}
    return {"connect_timeout": CONNECT_SECONDS, **limits, **_timeout_of(url), "options": session_options(settings, url)}


def _timeout_of(url: str) -> dict[str, str]:
    return {name: value for name, value in _query(url).items() if name == "connect_timeout"}


def _query(url: str) -> Mapping[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def _milliseconds(seconds: float) -> int:
    """0 is no limit; less than a millisecond is one."""
    return 0 if seconds == 0 else max(1, round(seconds * 1000))
