"""Why a dossier is, or is not, in a figure: what is known of it, and its whole life against what the figure counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qn_pipeline.errors import ConfigurationError
from qn_pipeline.indicators.explain import Figure
from qn_pipeline.indicators.explained_rows import TRANSFERS, Rows, pieces_of, terms_of
from qn_pipeline.indicators.measures import FEEDBACK, POSTAL, SERVICES
from qn_pipeline.warehouse.engines import Ask


@dataclass(frozen=True)
class Held:
    """A dossier as one system tells it: `facts` by name, None where the system has never told a good row of it."""

    system: str
    code: str
    facts: Mapping[str, Any] | None
    parts: Mapping[str, Rows]


@dataclass(frozen=True)
class Searched:
    """What is known of a code: of each system that tells it, and rows of it that broke a rule (rule, message, state, severity, file, row)."""

    typed: str
    held: tuple[Held, ...]
    broken: tuple[tuple[Any, ...], ...]


def search(ask: Ask, figure: Figure, typed: str) -> Searched:
    """A dossier against a figure of dossiers. Raises ConfigurationError where the figure counts something else."""
    texts = figure.measures
    named = {term.measure for text in texts.values() for term in terms_of(text)}
    if named & (SERVICES | POSTAL | FEEDBACK | set(TRANSFERS)):
        raise ConfigurationError(f"{figure.indicator} counts no lives of dossiers, so no dossier is missing in it. Nothing was written.")
    code = typed.strip()
    _, versions = ask("select distinct system, code from core.fct_dossier_version where code = ? or dossier = ? order by 1, 2", [code, code])
    columns, known = ask(
        "select d.system, d.code, d.is_counted, d.is_stale, d.status, d.received_at, d.ended_at, d.resolving_unit, u.name as unit_name "
        "from core.fct_dossier as d left join marts.unit as u on u.unit = d.resolving_unit where d.code = ? or d.dossier = ?",
        [code, code],
    )
    facts = {(row[0], row[1]): dict(zip(columns, row, strict=True)) for row in known}
    held = tuple(
        Held(system, of, facts.get((system, of)), {name: pieces_of(ask, text, figure.asked, system, of) for name, text in texts.items()})
        for system, of in versions
    )
    _, broken = ask(
        "select rule, message, state, severity, source, coalesce(file, ''), row_no from marts.quarantine_row where entity = 'dossiers' and row_key = ? order by since, rule",
        [code],
    )
    return Searched(code, held, tuple(broken))
