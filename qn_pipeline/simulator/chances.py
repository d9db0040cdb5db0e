"""How often things happen, in one place: shares of dossiers unless told otherwise. All are guesses that look like a province."""

from typing import Final

from qn_pipeline.simulator.procedures import OnlineLevel

# Filing.
ONLINE: Final[dict[OnlineLevel, float]] = {"none": 0.0, "partial": 0.3, "full": 0.6}
POST: Final = 0.06
ENTERPRISE: Final = 0.12
RESULT_BY_POST: Final = 0.15
COMPONENT_DIGITIZED: Final = 0.6
COMPONENT_REUSED: Final = 0.12
RESULT_DIGITIZED: Final = 0.55

# Reception.
REFUSED_ONLINE: Final = 0.06
REFUSED_AT_DESK: Final = 0.01
NEVER_LOOKED_AT: Final = 0.005

# Handling.
SUPPLEMENT: Final = 0.13
SUPPLEMENT_AGAIN: Final = 0.25
SUPPLEMENT_UNANSWERED: Final = 0.08
PAYMENT: Final = 0.25
PAID_ONLINE: Final = 0.5
TRANSFERRED: Final = 0.02
WITHDRAWN: Final = 0.02
STOPPED: Final = 0.015
STUCK: Final = 0.01
EARLY: Final = 0.6
LATE_AT_BEST, LATE_AT_WORST = 0.02, 0.16  # by unit

# Afterwards.
RETURNED: Final = 0.93
VOTED: Final = 0.2
REOPENED: Final = 0.02
CORRECTED: Final = 0.04
RECODED: Final = 0.01
DELETED: Final = 0.01
