"""Asking a connection for a source's rows, whatever the product.

Belongs here: which product answers what. Does not: how it is asked (opencps, dvcqg), or what is kept (landing).
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, TypeVar

from qn_pipeline.errors import SourceChanged
from qn_pipeline.project import PulledSource
from qn_pipeline.sources import dvcqg
from qn_pipeline.sources.opencps import listed, pull, reference
from qn_pipeline.sources.opencps.listed import Listed
from qn_pipeline.sources.pulled import Pull

SAMPLE = 200
T = TypeVar("T")


@dataclass(frozen=True)
class Question:
    """What is asked of a connection.

    Of dossiers, the changes of the days `window` (both included), `swept` days read whole, `known` being what landing holds, by the
    product's id, and `since` the first day that was ever asked for; those of `again` are asked for one by one, whatever lists show of them.
    Of actions, those of the dossiers `follow` (id and code).
    """

    window: tuple[date, date]
    since: date
    swept: tuple[date, date] | None = None
    known: Mapping[int, Listed] = field(default_factory=dict)
    follow: Sequence[tuple[int, str]] = ()
    again: Sequence[int] = ()


def remembers(source: PulledSource) -> bool:
    """Whether a pull is held against what landing holds."""
    return source.connection.product == "opencps" and source.entity == "dossiers"


def requests_for_one(source: PulledSource) -> int:
    """How many requests a dossier takes that is asked for by itself, with the details that the mapping wants."""
    return 1 + sum(pull.wanted_details(source.mapping.source_columns))


def kept_columns(source: PulledSource) -> list[str]:
    """What landing keeps of a row whatever the mapping wants; nothing of it is personal."""
    return list(listed.KEPT) if remembers(source) else []


def ask(source: PulledSource, secret: str, question: Question) -> Pull:
    """A source's rows. Raises SourceUnavailable when a later run may bring them, SourceChanged when somebody has to act first."""
    return _run(source, _ask(source, secret, question))


async def _ask(source: PulledSource, secret: str, question: Question) -> Pull:
    connection = source.connection
    if connection.product == "dvcqg":
        return await dvcqg.pull_dossiers(connection, secret, question.window)
    if source.entity == "dossiers":
        days = pull.Days(question.window, question.since, question.swept)
        return await pull.pull_dossiers(connection, secret, days, question.known, source.mapping.source_columns, question.again)
    if source.entity == "dossier_actions":
        return Pull(await reference.pull_actions(connection, secret, question.follow), question.window)
    return Pull(await reference.pull_reference(connection, secret, source.entity))


def sample(source: PulledSource, secret: str, days: tuple[date, date]) -> list[bytes]:
    """Some rows of a source, for a look: of dossiers, those that were received in some days."""
    return _run(source, _sample(source, secret, days))


async def _sample(source: PulledSource, secret: str, days: tuple[date, date]) -> list[bytes]:
    if not remembers(source) and source.entity != "dossier_actions":
        return (await _ask(source, secret, Question(days, days[0]))).rows
    dossiers = list(islice(await pull.sample_dossiers(source.connection, secret, days, source.mapping.source_columns), SAMPLE))
    if source.entity == "dossiers":
        return dossiers
    return await reference.pull_actions(source.connection, secret, [pull.identity(row) for row in dossiers])


def reach(source: PulledSource, secret: str, today: date) -> str:
    """Whether the connection answers, in a line."""
    if source.connection.product == "dvcqg":
        return f"{_run(source, dvcqg.count_dossiers(source.connection, secret, today))} dossiers synchronised today"
    return f"{_run(source, pull.count_dossiers(source.connection, secret))} dossiers"


def _run(source: PulledSource, asking: Coroutine[Any, Any, T]) -> T:
    try:
        return asyncio.run(asking)
    except (KeyError, TypeError, ValueError) as error:
        # Its message may quote the answer, so only its kind is told.
        raise SourceChanged(
            f"{source.connection.name} answers {source.entity} with a field that cannot be read ({type(error).__name__}). "
            "Nothing of this pull was kept. Its interface differs from what docs/opencps.md says: compare them."
        ) from None
