"""What is published, and what the ledger of truth says, as keys and counts that can be compared."""

from datetime import date

from qn_pipeline.simulator.ledger import GRAINS, Grain, Key
from qn_pipeline_tests.support import Pipeline

RUNNING, SHARE = "dossiers_running", "on_time_share"
COUNTS = ("dossiers_received", "dossiers_settled", "dossiers_settled_on_time", "dossiers_settled_late", "dossiers_settled_without_due", RUNNING)

Figures = dict[Key, int]
Shares = dict[tuple[Grain, date, str, str], tuple[int, int]]


def published(pipeline: Pipeline) -> tuple[Figures, Shares]:
    """All rows, those with nothing counted too."""
    sql = """
        select indicator, case period_set when 'calendar' then grain else period_set || ' ' || grain end,
            case period_set when 'year_to_date' then date_trunc('month', period_end)::date else period_start end, unit, channel, numerator, denominator
        from marts.indicator_values"""
    _, rows = pipeline.warehouse.read(sql)
    figures = {(indicator, *rest): count for indicator, *rest, count, _ in rows if indicator in COUNTS}
    shares = {tuple(rest): (numerator, denominator) for indicator, *rest, numerator, denominator in rows if indicator == SHARE}
    return figures, shares


def differences(got: Figures, true: Figures, grains: tuple[Grain, ...] = GRAINS) -> dict[Key, tuple[int, int]]:
    """What is published and what is true, where they differ.

    Of days, only those have a row on which something happened; the ledger has the stock of each.
    """
    told = {key: count for key, count in true.items() if key in got or key[:2] != (RUNNING, "day")}
    keys = {key for key in {*got, *told} if key[1] in grains}
    return {key: (got.get(key, 0), told.get(key, 0)) for key in keys if got.get(key, 0) != told.get(key, 0)}
