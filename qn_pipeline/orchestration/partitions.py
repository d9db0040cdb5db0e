"""The one definition of each partition set: days of landing and valid, months of what is published."""

from datetime import date

from dagster import AssetExecutionContext, DailyPartitionsDefinition, MonthlyPartitionsDefinition

# The first day when no project is there to name one (definitions load in a bare environment, too).
DEFAULT_START = date(2022, 1, 1)
DEFAULT_ZONE = "Asia/Ho_Chi_Minh"
REFRESH_TAG = "qn/refresh"
"""Of a run that keeps the open day current: connections are asked for a share of the open dossiers one by one, too."""


def daily(start: date, zone: str) -> DailyPartitionsDefinition:
    """Days from the project's first one to today, the open day included."""
    return DailyPartitionsDefinition(start_date=start.isoformat(), timezone=zone, end_offset=1)


def monthly(start: date, zone: str) -> MonthlyPartitionsDefinition:
    """Months from the project's first one to the open one."""
    return MonthlyPartitionsDefinition(start_date=start.replace(day=1).isoformat(), timezone=zone, end_offset=1)


def days_of(context: AssetExecutionContext) -> list[date]:
    """The days or months that a run was asked for, in order."""
    return sorted(date.fromisoformat(key) for key in context.partition_keys)
