"""What assets are given: the project and its settings, and the writer's lock for as long as a run lasts."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from dagster import ConfigurableResource, Failure, InitResourceContext
from pydantic import PrivateAttr

from qn_pipeline.errors import CheckBroken, QnError
from qn_pipeline.landing.extractions import clear_scratch
from qn_pipeline.project import Project, load_project
from qn_pipeline.settings import Settings, read_settings
from qn_pipeline.validation.outcome import Outcome
from qn_pipeline.warehouse.engines import Warehouse, open_warehouse
from qn_pipeline.warehouse.mishaps import what_happened


@contextmanager
def told_as_failure(pipeline: "Pipeline | None" = None) -> Iterator[None]:
    """A failure that the pipeline understands becomes Dagster's, with its one line and no retry where none helps.

    With a pipeline that is set up, also what goes wrong around it: a full disk, a lost server, a damaged file.
    """
    try:
        yield
    except QnError as error:
        outcome = {"outcome": Outcome.BROKEN.value} if isinstance(error, CheckBroken) else {}
        raise Failure(description=str(error), metadata={"kind": type(error).__name__, **outcome}, allow_retries=error.transient) from error
    except Exception as error:
        line = what_happened(pipeline.settings, pipeline.project, error) if pipeline is not None else None
        if line is None:
            raise
        raise Failure(description=line, metadata={"kind": type(error).__name__}, allow_retries=False) from error


class Pipeline(ConfigurableResource["Pipeline"]):
    """The project that a run works on. While the run lasts, it is the only writer of the project's home and warehouse."""

    project_dir: str
    _project: Project = PrivateAttr()
    _settings: Settings = PrivateAttr()
    _has_passed_exit: bool = PrivateAttr(default=False)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator["Pipeline"]:
        with told_as_failure():
            directory = Path(self.project_dir)
            self._has_passed_exit = False
            self._project = load_project(directory)
            self._settings = read_settings(directory)
            self._settings.prepare_home()
            with self.warehouse.alone():
                clear_scratch(self._settings)
                yield self
                clear_scratch(self._settings)

    @property
    def has_passed_exit(self) -> bool:
        """Whether the exit checks have passed in this run, and in this process: then they need not be made again before the swap."""
        return self._has_passed_exit

    def pass_exit(self) -> None:
        self._has_passed_exit = True

    @property
    def project(self) -> Project:
        return self._project

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def warehouse(self) -> Warehouse:
        return open_warehouse(self._settings)

    def now(self) -> datetime:
        """Local, naive: the pipeline's one look at the clock."""
        return datetime.now(self._project.zone).replace(tzinfo=None)
