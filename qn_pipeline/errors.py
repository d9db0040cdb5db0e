"""What can go wrong, by what the reader has to do about it.

A message is one line: what happened, where, what is safe, what to do. It never holds a value of a row.
"""

STOPPED = "Stopped. What is published is whole, and nothing is half written. Run it again: it goes on from what is landed."


class QnError(Exception):
    """A failure that the pipeline understands. `exit_status` is what `qn` ends with."""

    exit_status = 1
    transient = False


class ConfigurationError(QnError):
    """qn.yaml, a mapping, the environment or the call is wrong. Nothing was written; another try will not help."""

    exit_status = 2


class SourceUnavailable(QnError):
    """A source could not be reached or read just now; a later run catches up."""

    transient = True


class SourceChanged(QnError):
    """A source delivers something else than what its mapping describes."""


class ContractBroken(QnError):
    """Data or a check break a contract so that what follows must stop."""


class CheckBroken(QnError):
    """A check could not be run, so nothing is known about the data."""


class RunFailed(QnError):
    """A run did not end as it should; what is published stays as it was."""


class WarehouseBusy(QnError):
    """Another writer holds the warehouse."""

    transient = True


class LandingDamaged(QnError):
    """A file of the landing or valid stage is missing or unreadable."""
