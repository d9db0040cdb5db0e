"""What a proof finds: something that differs, where, for which units, and how to recognise it."""

from collections.abc import Sequence
from dataclasses import dataclass

EXAMPLES = 3
PROOF = "proof"
"""A schema of the warehouse that is there while a proof runs."""


@dataclass(frozen=True)
class Finding:
    """`rows` of `where` differ, None where they were compared as a whole. `keys` are some of them: codes of systems and dossiers, or days; nothing of a person."""

    stage: str
    where: str
    rows: int | None
    units: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = self.where if self.rows is None else f"{self.rows} row{'s' if self.rows != 1 else ''} of {self.where}"
        if self.units:
            told += f" for {', '.join(self.units)}"
        if self.keys:
            told += f" (such as {'; '.join(self.keys)})"
        return f"{self.stage}: {told}"


def in_list(values: Sequence[str]) -> str:
    """Placeholders for a list of parameters."""
    return ", ".join("?" for _ in values)
