"""Waivers at the door: which reach an extraction, and what they let in, as SQL over a row's broken rules."""

from collections.abc import Sequence
from datetime import date

from qn_pipeline.contracts.model import Contract, Rule
from qn_pipeline.engine import literal
from qn_pipeline.landing.extractions import Manifest
from qn_pipeline.project import Project, Source
from qn_pipeline.project_quality import TOTAL_DIFFERS, Waiver


def day_of(manifest: Manifest) -> date:
    """The day that an extraction speaks for, by which waivers and adjustments reach it."""
    return manifest.speaks_for or manifest.day


def reaching(project: Project, source: Source, day: date) -> list[Waiver]:
    """The waivers that an extraction of a source on a day is checked with, the first that holds naming the row."""
    if not project.waivers:
        return []
    names = {rule.name for rule in source.contract.active_rules(project.profile)} | {TOTAL_DIFFERS}
    return [waiver for waiver in project.waivers if waiver.rule in names and waiver.reaches(source.name, day)]


def waiver_of(project: Project, rule: str, source: str | None, day: date) -> str | None:
    """The name of the waiver that covers a rule about a whole extraction, or about figures (no source), on a day, if one does."""
    return next(
        (w.name for w in project.waivers if w.rule == rule and w.unit is None and w.keys is None and w.reaches(source, day)),
        None,
    )


def marks(waivers: Sequence[Waiver]) -> list[tuple[str, str, str | None, list[str] | None]]:
    """What of waivers decides about rows, for a fingerprint."""
    return [(waiver.name, waiver.rule, waiver.unit, waiver.keys) for waiver in waivers]


def waived_bits(waivers: Sequence[Waiver], rules: Sequence[Rule], contract: Contract) -> str:
    """SQL for the bits of `broken` that waivers cover, over a row of `checked`."""
    bits = {rule.name: 1 << bit for bit, rule in enumerate(rules)}
    cases = [
        f"(case when {_holds(waiver, contract.key[0], unit_sql(contract))} then broken & {bits[waiver.rule]}::ubigint else 0::ubigint end)"
        for waiver in waivers
        if waiver.rule in bits
    ]
    return " | ".join(cases) or "0::ubigint"


def waiver_name(waivers: Sequence[Waiver], contract: Contract) -> str:
    """SQL for the waiver of a row of `checked` beside the name of a rule that it broke, null where none covers it."""
    whens = " ".join(
        f"when rule = {literal(waiver.rule)} and {_holds(waiver, contract.key[0], unit_sql(contract))} then {literal(waiver.name)}"
        for waiver in waivers
    )
    return f"case {whens} end" if whens else "cast(null as varchar)"


def unit_sql(contract: Contract) -> str:
    """SQL for the unit that a row belongs to, null where it has none that can be read."""
    return contract.unit_column or "cast(null as varchar)"


def _holds(waiver: Waiver, key: str, unit: str) -> str:
    conditions = []
    if waiver.unit is not None:
        conditions.append(f"{unit} = {literal(waiver.unit)}")
    if waiver.keys is not None:
        conditions.append(f"{key} in ({', '.join(literal(code) for code in waiver.keys)})")
    return " and ".join(conditions) or "true"
