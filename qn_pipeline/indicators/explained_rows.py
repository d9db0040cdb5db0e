"""The rows behind a sum of measures, by family: pieces of dossiers' lives, procedures, the post's work, feedback."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from qn_pipeline.engine import literal
from qn_pipeline.errors import RunFailed
from qn_pipeline.indicators.measures import SERVICES, STOCKS
from qn_pipeline.warehouse.engines import Ask, Row

RESOLVING = "resolving"
TRANSFERS = {"transferred_in": ("to_unit", "from_unit"), "transferred_out": ("from_unit", "to_unit")}
OPENING = "opening_"
# A row's number in its extraction, of core.fct_dossier_version.row_id (macros/versions.sql).
ROWS_OF_AN_EXTRACTION = 10_000_000_000


@dataclass(frozen=True)
class Asked:
    """Whose rows: of a period, its days included, a unit with those below it, a channel (None for all), and the resolving unit or the receiving desk."""

    start: date
    end: date
    unit: str
    channel: str | None
    counted_by: str


@dataclass(frozen=True)
class Rows:
    """Rows with their column names (`counted` is what each adds), what all of them add up to, and how many there are; some may not be fetched."""

    family: str
    columns: list[str]
    rows: list[Row]
    total: int
    count: int


class Term(NamedTuple):
    """A measure of a sum, with its sign."""

    sign: int
    measure: str


class Rule(NamedTuple):
    """How a measure is counted (measures.measure)."""

    family: str
    kind: str
    condition: str
    weight: str


class Shown(NamedTuple):
    """How rows of a family are shown: columns over `counted as c`, and what is joined to it for them."""

    columns: str
    joins: str


def terms_of(text: str) -> list[Term]:
    """The measures of a sum."""
    return [Term(-1 if sign == "-" else 1, name) for sign, name in re.findall(r"([+-]?)\s*([a-z_]+)", text)]


def rows_of(ask: Ask, text: str, asked: Asked, limit: int | None = None) -> Rows:
    """The rows behind a sum of measures of one family, those that happened first, first."""
    terms = terms_of(text)
    rules = _rules(ask)
    first = terms[0].measure
    if first in SERVICES:
        family, counted, shown = "service", _services(terms, asked), _SERVICE_SHOWN
    elif first in TRANSFERS:
        family, counted, shown = "transfer", _transfers(terms, asked), _TRANSFER_SHOWN
    elif (rule := rules.get(first.removeprefix(OPENING))) is not None and rule.family != "dossier":
        family = rule.family
        counted = _post(terms, rules, asked) if family == "postal" else _feedback(terms, rules, asked)
        shown = _POSTAL_SHOWN if family == "postal" else _FEEDBACK_SHOWN
    else:
        family, counted, shown = "dossier", _pieces(terms, rules, asked), _PIECE_SHOWN
    # What is counted is looked for once: for the sums, and for the rows that are shown.
    few = "" if limit is None else f" order by happened_at, system, code, measures limit {limit}"
    columns, rows = ask(
        f"with every as materialized (select * from ({counted}) as c where counted <> 0), counted as (select * from every{few}), "
        "summed as (select coalesce(sum(counted), 0) as total, count(*) as rows_in_all from every) "
        f"select {shown.columns}, summed.total, summed.rows_in_all from counted as c cross join summed {shown.joins} "
        "order by c.happened_at, c.system, c.code, c.measures"
    )
    total, count = (int(rows[0][-2]), int(rows[0][-1])) if rows else (0, 0)
    if len(rows) != min(count, count if limit is None else limit):
        raise RunFailed(
            f"{count} rows are counted, and {len(rows)} are found with what is shown of them. Nothing was changed. Make the rows again: qn rebuild"
        )
    return Rows(family, columns[:-2], [row[:-2] for row in rows], total, count)


def _rules(ask: Ask) -> dict[str, Rule]:
    _, known = ask("select 1 from information_schema.tables where table_schema = 'measures' and table_name = 'measure'")
    if not known:
        raise RunFailed(
            "The rows behind the figures were made by an earlier version, which cannot explain them. Nothing was changed. Make them again: qn run"
        )
    _, told = ask("select measure, family, kind, condition, weight from measures.measure")
    return {measure: Rule(*rest) for measure, *rest in told}


def _moment(day: date) -> str:
    return f"timestamp '{day} 00:00:00'"


def _within(column: str, asked: Asked) -> str:
    return f"{column} in (select unit from core.unit_ancestor where ancestor = {literal(asked.unit)})"


def _in_period(column: str, asked: Asked) -> str:
    return f"{column} >= {_moment(asked.start)} and {column} < {_moment(asked.end + timedelta(days=1))}"


def _splits(measure: str, rules: dict[str, Rule]) -> list[str]:
    """A stock in all its parts, or the measure itself."""
    return [name for name in rules if name.startswith(f"{measure}_") and rules[name].kind == "stock"] if measure in STOCKS else [measure]


def _counted(terms: Sequence[tuple[int, str, str, str]]) -> str:
    """What a row adds, and the names of what counts it, of (sign, name, condition, weight)."""
    adds = " + ".join(f"case when {condition} then {'' if sign > 0 else '-'}({weight}) else 0 end" for sign, _, condition, weight in terms)
    names = ", ".join(f"case when {condition} then '{name}' end" for _, name, condition, _ in terms)
    return f"{adds} as counted, concat_ws(', ', {names}) as measures"


def _piece_terms(terms: Sequence[Term], rules: dict[str, Rule], asked: Asked) -> list[tuple[int, str, str, str, str]]:
    """Of each measure: its sign, its name, when a piece counts, the condition on what it is, and its weight."""
    after = _moment(asked.end + timedelta(days=1))
    told = []
    for term in terms:
        for split in _splits(term.measure.removeprefix(OPENING), rules):
            rule = rules[split]
            if rule.kind == "flow":
                when = _in_period("began_at", asked)
            else:
                moment = _moment(asked.start) if term.measure.startswith(OPENING) else after
                when = f"began_at < {moment} and (not is_over or ended_at >= {moment})"
            told.append((term.sign, term.measure, when, rule.condition, rule.weight))
    return told


def _pieces(terms: Sequence[Term], rules: dict[str, Rule], asked: Asked) -> str:
    told = [(sign, name, f"{when} and ({condition})", weight) for sign, name, when, condition, weight in _piece_terms(terms, rules, asked)]
    place = _place(asked)
    return (
        f"select system, code, dossier, piece, spell, state, cause, {place} as unit, channel, procedure, began_at as happened_at, "
        f"began_at, ended_at, is_over, is_end, standing, local_standing, unit_before, {_counted(told)} from {_piece_source(terms, rules, asked)}"
    )


def _piece_source(terms: Sequence[Term], rules: dict[str, Rule], asked: Asked) -> str:
    """The pieces that may be counted, chosen before the traits of millions of dossiers are joined to them, and those only where something counts by them."""
    place = _place(asked)
    named = [rules[split] for term in terms for split in _splits(term.measure.removeprefix(OPENING), rules)]
    if all(rule.kind == "flow" for rule in named):
        when = _in_period("began_at", asked)
    else:
        when = f"began_at < {_moment(asked.end + timedelta(days=1))} and (not is_over or ended_at >= {_moment(asked.start)})"
    channel = "" if asked.channel is None else f" and channel = {literal(asked.channel)}"
    traits = " inner join measures.trait_counted using (system, code)" if any("traits" in rule.condition for rule in named) else ""
    return f"(select * from measures.dossier_piece where {when} and {_within(place, asked)}{channel}) as p{traits}"


def _place(asked: Asked) -> str:
    return "unit" if asked.counted_by == RESOLVING else "desk"


def pieces_of(ask: Ask, text: str, asked: Asked, system: str, code: str) -> Rows:
    """All pieces of a dossier's life, with what each adds to a sum of measures of dossiers, and what keeps it from being counted.

    `counted` is what it adds, wherever and whenever it was; `in_unit`, `in_channel`, `in_period` and `is_meant` (by what it is) say which of them hold.
    """
    terms = _piece_terms(terms_of(text), _rules(ask), asked)
    adds = _counted([(sign, name, f"{when} and ({condition})", weight) for sign, name, when, condition, weight in terms])
    channel = "true" if asked.channel is None else f"channel = {literal(asked.channel)}"
    columns, rows = ask(
        f"select p.piece, p.state, p.unit, u.name as unit_name, p.channel, p.began_at, case when p.is_over then p.ended_at end as ended_at, p.standing, "
        f"p.counted, p.in_unit, p.in_channel, p.in_period, p.is_meant from (select *, {adds}, "
        f"{_within(_place(asked), asked)} as in_unit, {channel} as in_channel, "
        f"{' or '.join(f'({when})' for when in dict.fromkeys(term[2] for term in terms))} as in_period, "
        f"{' or '.join(f'({condition})' for condition in dict.fromkeys(term[3] for term in terms))} as is_meant "
        "from (select system, code, piece, spell, state, unit, desk, channel, began_at, ended_at, is_over, is_end, standing, local_standing, "
        "is_reception, is_reopening, traits from measures.dossier_piece inner join measures.trait_counted using (system, code) "
        "where system = ? and code = ?) as q) as p "
        "left join marts.unit as u on u.unit = p.unit order by p.piece",
        [system, code],
    )
    added = [row[8] for row in rows if row[9] and row[10]]
    return Rows("dossier", columns, rows, sum(added), sum(bool(count) for count in added))


# Where a row came from: the row of an extraction that told the version which is known now.
_ORIGIN = (
    f"left join core.fct_dossier_version as v on v.system = d.system and v.code = d.code and v.version_no = d.version_no "
    f"left join valid.extractions as e on e.extraction_seq * {ROWS_OF_AN_EXTRACTION} = v.row_id - v.row_id % {ROWS_OF_AN_EXTRACTION} "
)
_OF_DOSSIER = f"d.version_no as version, e.source, coalesce(e.file, '') as file, v.row_id % {ROWS_OF_AN_EXTRACTION} as row_no, e.extraction_id as extraction, e.day as told_on "
_PIECE_SHOWN = Shown(
    "c.counted, c.dossier, c.unit, u.name as unit_name, c.channel, c.procedure, c.state, c.began_at, case when c.is_over then c.ended_at end as ended_at, "
    "s.received_at, s.due_at, s.due_origin, s.spent_at, s.breached_at, s.local_due_at, s.local_spent_at, s.local_breached_at, c.measures, c.cause, c.spell, c.is_end, c.standing, c.local_standing, "
    f"c.system, {_OF_DOSSIER}",
    "inner join core.fct_dossier_spell as s on s.system = c.system and s.code = c.code and s.spell = c.spell "
    "inner join core.fct_dossier as d on d.system = c.system and d.code = c.code "
    f"left join marts.unit as u on u.unit = c.unit {_ORIGIN}",
)


def _transfers(terms: Sequence[Term], asked: Asked) -> str:
    moves = []
    for term in terms:
        inside, outside = TRANSFERS[term.measure]
        channel = "" if asked.channel is None else f" and channel = {literal(asked.channel)}"
        moves.append(
            f"select system, code, piece, cast(day as timestamp) as happened_at, from_unit, to_unit, channel, {term.sign} as counted, '{term.measure}' as measures "
            f"from core.dossier_transfer where day between date '{asked.start}' and date '{asked.end}' "
            f"and {_within(inside, asked)} and not {_within(outside, asked)}{channel}"
        )
    return " union all ".join(moves)


_TRANSFER_SHOWN = Shown(
    "c.counted, d.dossier, c.from_unit, f.name as from_name, c.to_unit, t.name as to_name, c.channel, p.procedure, p.began_at, d.received_at, d.due_at, c.measures, "
    f"c.system, {_OF_DOSSIER}",
    "inner join core.fct_dossier_interval as p on p.system = c.system and p.code = c.code and p.piece = c.piece "
    "inner join core.fct_dossier as d on d.system = c.system and d.code = c.code "
    f"left join marts.unit as f on f.unit = c.from_unit left join marts.unit as t on t.unit = c.to_unit {_ORIGIN}",
)


def _services(terms: Sequence[Term], asked: Asked) -> str:
    """Procedures that are offered (as is known now), and those with receptions in the period."""
    conditions = {
        "services": "o.procedure is not null",
        "services_online": "o.online_rank > 0",
        "services_full": "o.online_rank = 2",
        "services_with_fee": "o.has_fee = 1",
        "services_with_online_dossiers": "r.received_online > 0 and o.online_rank > 0",
        "services_received": "r.received > 0",
        "services_with_fee_dossiers": "r.received_with_fee > 0",
        "services_paid_online": "r.received_paid_online > 0",
    }
    counted = _counted([(term.sign, term.measure, conditions[term.measure], "1") for term in terms])
    return (
        "with offered as (select s.procedure, max(s.online_rank) as online_rank, max(case when p.has_fee then 1 else 0 end) as has_fee "
        f"from core.dim_service as s left join core.dim_procedure as p on p.code = s.procedure where {_within('s.unit', asked)} group by s.procedure), "
        "asked_for as (select procedure, count(*) as received, min(began_at) as happened_at, "
        "sum(case when channel = 'online' then 1 else 0 end) as received_online, sum(case when has_fee then 1 else 0 end) as received_with_fee, "
        "sum(case when has_fee and is_paid_online then 1 else 0 end) as received_paid_online "
        f"from measures.dossier_piece where is_reception and {_in_period('began_at', asked)} and {_within('unit', asked)} group by procedure) "
        "select '' as system, coalesce(o.procedure, r.procedure) as code, r.happened_at, o.online_rank, o.has_fee, r.received, r.received_online, "
        f"r.received_with_fee, r.received_paid_online, {counted} "
        "from offered as o full join asked_for as r on r.procedure = o.procedure"
    )


_SERVICE_SHOWN = Shown(
    "c.counted, c.code as procedure, p.name as procedure_name, c.online_rank, c.has_fee = 1 as has_fee, coalesce(c.received, 0) as received, "
    "coalesce(c.received_online, 0) as received_online, coalesce(c.received_with_fee, 0) as received_with_fee, "
    "coalesce(c.received_paid_online, 0) as received_paid_online, c.measures ",
    "left join core.dim_procedure as p on p.code = c.code",
)


def _post(terms: Sequence[Term], rules: dict[str, Rule], asked: Asked) -> str:
    counted = _counted([(term.sign, term.measure, rules[term.measure].condition, rules[term.measure].weight) for term in terms])
    return (
        "select system, code, kind, unit, office, began_at as happened_at, began_at, ended_at, outcome, pages, files, signed, dossier_as_typed, match, "
        f"dossier_system, dossier_code, is_repeated, {counted} from core.fct_postal_event where {_in_period('began_at', asked)} and {_within('unit', asked)}"
    )


_POSTAL_SHOWN = Shown(
    "c.counted, c.kind, c.unit, u.name as unit_name, c.office, c.began_at, c.ended_at, c.outcome, c.pages, c.files, c.signed, c.dossier_as_typed, c.match, "
    "d.dossier, c.is_repeated, c.measures, c.system, c.code as piece ",
    "left join marts.unit as u on u.unit = c.unit left join core.fct_dossier as d on d.system = c.dossier_system and d.code = c.dossier_code",
)


def _feedback(terms: Sequence[Term], rules: dict[str, Rule], asked: Asked) -> str:
    """Flows by what happened in the period; of a stock, what all that happened before its moment comes to, contact by contact."""
    told = []
    for term in terms:
        rule = rules[term.measure.removeprefix(OPENING)]
        if rule.kind == "flow":
            when = f"day between date '{asked.start}' and date '{asked.end}'"
        else:
            when = f"day < date '{asked.start}'" if term.measure.startswith(OPENING) else f"day <= date '{asked.end}'"
        told.append((term.sign, term.measure, f"{when} and ({rule.condition})", rule.weight))
    sums = [f"sum(case when {condition} then {sign} * ({weight}) else 0 end)" for sign, _, condition, weight in told]
    names = ", ".join(f"case when {value} <> 0 then '{name}' end" for value, (_, name, _, _) in zip(sums, told, strict=True))
    return (
        f"select system, code, kind, channel, unit, received_at as happened_at, received_at, due_at, due_origin, closed_at, status, satisfied, complained_again, is_unhappy, "
        f"{' + '.join(sums)} as counted, concat_ws(', ', {names}) as measures from measures.feedback_event "
        f"where day <= date '{asked.end}' and {_within('unit', asked)} "
        "group by system, code, kind, channel, unit, received_at, due_at, due_origin, closed_at, status, satisfied, complained_again, is_unhappy"
    )


_FEEDBACK_SHOWN = Shown(
    "c.counted, c.code as feedback, c.kind, c.channel, c.unit, u.name as unit_name, c.received_at, c.due_at, c.due_origin, c.closed_at, c.status, c.satisfied, "
    "c.complained_again, c.is_unhappy, c.measures, c.system ",
    "left join marts.unit as u on u.unit = c.unit",
)
