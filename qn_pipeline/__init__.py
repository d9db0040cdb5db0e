"""The data pipeline that makes a province's monthly digital-transformation figures.

Folders are the stages a row goes through, in the order in which they may import one another:
contracts, sources, landing, validation, warehouse, indicators, publishing, orchestration.
"""

import os

__version__ = "0.1.0"

# Nothing here reports to anybody: set before any of these libraries is imported.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
