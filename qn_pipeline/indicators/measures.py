"""The names of what is counted, as dbt_project/macros/measures.sql has them; docs/figures.md says what each is."""

import re

ENDS = ("settled", "withdrawn", "stopped", "refused")
VERDICTS = ("early", "on_time", "late", "without_due")
STOCKS = ("running", "paused", "held")
STANDINGS = ("within", "past", "without_due")
READINGS = ("", "local_")

FLOWS = frozenset(
    {
        *("received", "reopened", "transferred_in", "transferred_out", *ENDS),
        *("received_online", "received_direct", "received_post", "received_reused", "received_from_store", "received_identity_verified"),
        *("received_components_digitized", "received_electronic", "received_with_fee", "received_paid_online"),
        *("settled_paper", "settled_paper_digitized", "settled_digitized"),
        *(f"{reading}{end}_{verdict}" for reading in READINGS for end in ENDS for verdict in VERDICTS),
    }
)
STOCK_SPLITS = frozenset(f"{reading}{stock}_{standing}" for reading in READINGS for stock in STOCKS for standing in STANDINGS)
SERVICES = frozenset(
    {
        *("services", "services_online", "services_full", "services_with_fee"),
        *("services_with_online_dossiers", "services_received", "services_with_fee_dossiers", "services_paid_online"),
    }
)
MEASURES = FLOWS | STOCK_SPLITS | SERVICES | set(STOCKS) | {f"opening_{stock}" for stock in STOCKS}
"""All measures that indicators and layouts may name."""

_SUM = re.compile(r"[a-z_]+(\s*[+-]\s*[a-z_]+)*")


def checked_sum(text: str) -> str:
    """The text, when it is a sum of measures. Raises ValueError."""
    if not _SUM.fullmatch(text):
        raise ValueError(f"{text!r} is no sum of measures; write one like settled_early + settled_on_time")
    unknown = [name for name in re.findall("[a-z_]+", text) if name not in MEASURES]
    if unknown:
        raise ValueError(f"there is no measure {unknown[0]!r}")
    return text
