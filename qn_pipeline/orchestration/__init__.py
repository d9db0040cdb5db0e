"""Dagster's room, the only folder that imports it: assets, checks, partitions, jobs, schedules. Does not hold any work: that is in the stages."""

import warnings

from dagster import BetaWarning

# Single-run backfills are beta in Dagster, and what the design rests on.
warnings.filterwarnings("ignore", category=BetaWarning, message=".*backfill_policy.*")
