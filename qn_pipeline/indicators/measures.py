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
        *("received_through_post", "received_digitized_by_post", "settled_digitized_by_post", "settled_happily"),
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
POSTAL = frozenset(
    {
        *("work_guided", "work_received", "work_digitized", "work_digitized_results", "work_returned", "work_failed", "work_unmatched"),
        *("pages_scanned", "files_made", "files_signed"),
    }
)
FEEDBACK_STOCKS = frozenset({"petitions_open_within", "petitions_open_past"})
FEEDBACK = FEEDBACK_STOCKS | {
    *("inquiries_received", "complaints_received", "proposals_received", "petitions_unhappy", "inquiries_answered"),
    *("petitions_answered_in_time", "petitions_answered_late", "petitions_passed_on"),
    *(f"opening_{stock}" for stock in FEEDBACK_STOCKS),
}
MEASURES = FLOWS | STOCK_SPLITS | SERVICES | set(STOCKS) | {f"opening_{stock}" for stock in STOCKS}
"""All measures of dossiers, which layouts may name, too."""
FAMILIES: tuple[frozenset[str], ...] = (frozenset(MEASURES), POSTAL, frozenset(FEEDBACK))
"""An indicator is made of measures of one family."""

_SUM = re.compile(r"[a-z_]+(\s*[+-]\s*[a-z_]+)*")


def checked_sum(*texts: str) -> None:
    """Raises ValueError unless the texts are sums of measures of one family."""
    named: list[str] = []
    for text in texts:
        if not _SUM.fullmatch(text):
            raise ValueError(f"{text!r} is no sum of measures; write one like settled_early + settled_on_time")
        named += re.findall("[a-z_]+", text)
    unknown = [name for name in named if not any(name in family for family in FAMILIES)]
    if unknown:
        raise ValueError(f"there is no measure {unknown[0]!r}")
    if not any(set(named) <= family for family in FAMILIES):
        raise ValueError(f"{' and '.join(texts)} name measures of dossiers, of the post and of feedback; only one of these kinds goes together")
