"""The rotating share of a refresh: open dossiers that are asked for one by one, since a system may change one without a list showing it.

Each refresh takes the next share, and begins anew when all have had their turn: a refresh that was left out, or a source that was down, skips none.
Of one day no share has two turns.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from qn_pipeline.landing.extractions import Extraction
from qn_pipeline.project import PulledSource
from qn_pipeline.sources.connections import requests_for_one
from qn_pipeline.sources.opencps.listed import Listed


@dataclass(frozen=True)
class Share:
    """The dossiers, by the product's id, whose turn it is."""

    turn: int
    ids: list[int]


def share_of(source: PulledSource, before: Sequence[Extraction], known: Mapping[int, Listed], day: date) -> Share | None:
    """The next share of the open dossiers that landing holds; None when all have had their turn that day, or the source is not to be asked.

    `before`: the source's extractions. When a share costs more requests than a refresh may spend, there are more and smaller ones; what is still
    too much of one comes when the share has its next turn.
    """
    shares = source.connection.refresh_shares
    still_open = [key for key, listed in known.items() if listed.open]
    if not shares or not still_open:
        return None
    most = max(source.connection.refresh_requests // requests_for_one(source), 1)
    shares = max(shares, -(-len(still_open) // most))
    turns = [e.manifest for e in before if e.manifest.refresh_turn is not None]
    if sum(manifest.day == day for manifest in turns) >= shares:
        return None
    turn = max((manifest.refresh_turn or 0 for manifest in turns), default=-1) + 1
    ids = sorted(key for key in still_open if zlib.crc32(b"%d" % key) % shares == turn % shares)
    start = turn // shares * most % len(ids) if len(ids) > most else 0
    return Share(turn, [*ids[start:], *ids[:start]][:most])
