"""What is published, and what the ledger of truth says, as keys and counts that can be compared."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from qn_pipeline.indicators.explain import explain
from qn_pipeline.simulator.known import ToldBy
from qn_pipeline.simulator.ledger import GRAINS, Grain, Key, ledger
from qn_pipeline.simulator.lives import Province
from qn_pipeline.warehouse.engines import Row
from qn_pipeline_tests.support import Pipeline

Count = tuple[int | None, int | None]
"""Numerator and denominator."""
Figures = dict[Key, Count]
"""By indicator, grain, first day, unit and channel."""

_WITHIN = ("early", "on_time")
_ENDS = ("settled", "withdrawn", "stopped", "refused")


def _index_2_1(reading: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    ended = [f"{reading}{end}_{verdict}" for end in _ENDS for verdict in _WITHIN]
    return (*ended, f"{reading}running_within", f"{reading}paused_within"), (*_ENDS, "running", "paused")


# In the ledger's measures, by hand: the catalogue is what they are held against.
INDICATORS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "dossiers_carried_over": (("opening_running", "opening_paused"), ()),
    "dossiers_received": (("received",), ()),
    "dossiers_reopened": (("reopened",), ()),
    "dossiers_transferred_in": (("transferred_in",), ()),
    "dossiers_transferred_out": (("transferred_out",), ()),
    "dossiers_settled": (("settled",), ()),
    "dossiers_settled_early": (("settled_early",), ()),
    "dossiers_settled_on_time": (("settled_on_time",), ()),
    "dossiers_settled_late": (("settled_late",), ()),
    "dossiers_settled_without_due": (("settled_without_due",), ()),
    "dossiers_withdrawn": (("withdrawn",), ()),
    "dossiers_stopped": (("stopped",), ()),
    "dossiers_refused": (("refused",), ()),
    "dossiers_running": (("running",), ()),
    "dossiers_running_past": (("running_past",), ()),
    "dossiers_paused": (("paused",), ()),
    "dossiers_paused_past": (("paused_past",), ()),
    "on_time_share": (("settled_early", "settled_on_time"), ("settled",)),
    "local_on_time_share": (("local_settled_early", "local_settled_on_time"), ("settled",)),
    "direct_share": (("received_direct",), ("received",)),
    "post_share": (("received_post",), ("received",)),
    "online_share": (("received_online",), ("received",)),
    "reception_digitized_share": (("received_components_digitized",), ("received",)),
    "index_2_1": _index_2_1(""),
    "index_2_1_local": _index_2_1("local_"),
    "index_3_3": (("received_electronic",), ("received",)),
    "index_3_6": (("received_paid_online",), ("received_with_fee",)),
    "index_4_1": (("settled_paper_digitized",), ("settled_paper",)),
    "index_4_2": (("settled_digitized",), ("settled",)),
    "index_4_3": (("received_reused",), ("received",)),
    "index_4_4": (("received_from_store",), ("received",)),
    "index_4_5b": (("received_identity_verified",), ("received",)),
}
# Numbers of procedures are no sums of dossiers, and have a test of their own.
OF_PROCEDURES = frozenset({"index_3_1", "index_3_1b", "index_3_2", "index_3_5a", "index_3_5b"})
# Counted for the desk that received a dossier.
BY_DESK = frozenset(
    {"direct_share", "post_share", "online_share", "reception_digitized_share", "index_3_3", "index_3_6", "index_4_3", "index_4_4", "index_4_5b"}
)
NOT_TOLD_BY_OPENCPS = frozenset({"index_4_3", "index_4_4", "index_4_5b"})


@dataclass(frozen=True)
class Truth:
    """The ledger's measures as known after the last of some nights, by the unit that had a dossier and by the desk that received it."""

    by_unit: Mapping[Key, int]
    by_desk: Mapping[Key, int]


def truth(province: Province, nights: Sequence[datetime], told_by: ToldBy = "actions", tells_limits: bool = True) -> Truth:
    by_unit, by_desk = (ledger(province, nights, told_by, by_desk, tells_limits) for by_desk in (False, True))
    return Truth(by_unit, by_desk)


def published(pipeline: Pipeline) -> Figures:
    """All rows, those with nothing counted too."""
    sql = """
        select indicator, case period_set when 'calendar' then grain else period_set || ' ' || grain end,
            case period_set when 'year_to_date' then date_trunc('month', period_end)::date else period_start end, unit, channel, numerator, denominator
        from marts.indicator_values"""
    _, rows = pipeline.warehouse.read(sql)
    return {(indicator, *rest): (numerator, denominator) for indicator, *rest, numerator, denominator in rows}


def differences(got: Figures, true: Truth, grains: Collection[Grain] = GRAINS, not_told: Collection[str] = ()) -> dict[Key, tuple[Count, Count]]:
    """What is published and what is true, where they differ; what no source tells is published without counts.

    Every row is compared, and where the ledger counts something there must be one: but of the days, those on which nothing happened have none.
    """
    expected = {key: _true(true, key) for key in got if key[0] in INDICATORS and key[1] in grains}
    rows = {(key[0], key[1], key[4]) for key in expected}
    for name, (numerator, _) in INDICATORS.items():
        for measure, *rest in _measures(true, name):
            key = (name, *rest)
            if measure in numerator and key[1] in grains and key[1] != "day" and (name, key[1], key[4]) in rows:
                expected.setdefault(key, _true(true, key))
    nothing: Count = (None, None)
    wanted = {key: nothing if key[0] in not_told else count for key, count in expected.items()}
    return {key: (got.get(key, nothing), count) for key, count in wanted.items() if got.get(key, nothing) != count}


def _measures(true: Truth, indicator: str) -> Mapping[Key, int]:
    return true.by_desk if indicator in BY_DESK else true.by_unit


def _true(true: Truth, key: Key) -> Count:
    numerator, denominator = INDICATORS[key[0]]
    measures = _measures(true, key[0])
    top, bottom = (sum(measures.get((measure, *key[1:]), 0) for measure in part) for part in (numerator, denominator))
    return top, bottom if denominator else None


def counting(got: Figures) -> set[str]:
    """The indicators that count something."""
    return {key[0] for key, (numerator, _) in got.items() if numerator}


def opened(pipeline: Pipeline, count: int, seed: int) -> dict[tuple[object, ...], tuple[Count, Count]]:
    """Of so many random figures that count something, of every indicator in turn: what is published, and what the rows behind each add up to."""
    _, rows = pipeline.warehouse.read(
        "select indicator, period_set, grain, period_end, unit, channel, numerator, denominator from marts.indicator_values "
        "where numerator <> 0 or denominator <> 0 order by 1, 2, 3, 4, 5, 6"
    )
    by_indicator: dict[str, list[Row]] = {}
    for row in rows:
        by_indicator.setdefault(row[0], []).append(row)
    dice = random.Random(seed)
    chosen = [dice.choice(kept) for _ in range(-(-count // len(by_indicator))) for kept in by_indicator.values()]
    found: dict[tuple[object, ...], tuple[Count, Count]] = {}
    with pipeline.warehouse.reading_rows() as ask:
        for indicator, period_set, grain, end, unit, channel, numerator, denominator in chosen:
            parts = explain(ask, indicator, written(grain, end), unit, channel, period_set).parts
            sums = {part.name: sum(row[part.rows.columns.index("counted")] for row in part.rows.rows) for part in parts}
            found[indicator, period_set, grain, end, unit, channel] = (
                (numerator, denominator),
                (sums.get("numerator"), sums.get("denominator")),
            )
    return found


def written(grain: str, end: date) -> str:
    """A period as people write it."""
    if grain in ("day", "month"):
        return f"{end}" if grain == "day" else f"{end:%Y-%m}"
    return f"{end.year}" + {"quarter": f"-Q{(end.month + 2) // 3}", "half_year": "-H1", "nine_months": "-9M", "year": ""}[grain]
