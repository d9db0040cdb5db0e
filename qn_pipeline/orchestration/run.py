"""Running the jobs from a program: what `qn run` does, in this process, recorded in the project's Dagster storage."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from dagster import AssetCheckSeverity, DagsterEventType, DagsterInstance, ExecuteInProcessResult, TableMetadataValue
from dagster._core.errors import DagsterExecutionInterruptedError
from dagster_shared.error import SerializableErrorInfo

from qn_pipeline.errors import STOPPED, RunFailed
from qn_pipeline.orchestration.assets.landing import SOURCES_REACHED
from qn_pipeline.orchestration.build import build_defs
from qn_pipeline.orchestration.checks import DOUBTFUL
from qn_pipeline.orchestration.jobs import NIGHTLY, PROOF, PUBLISH, months_of_pages, range_tags
from qn_pipeline.orchestration.proof import PROVE, TOLD
from qn_pipeline.orchestration.storage import BATCHES, PLANNED_TOGETHER, KeptEngineEventLogStorage
from qn_pipeline.settings import Settings
from qn_pipeline.warehouse.mishaps import explained

DAGSTER_SETTINGS = {
    "telemetry": {"enabled": False},
    # No invitation to sign up for anything.
    "nux": {"enabled": False},
    # Lines of this logger become rows of the event log, so milestones only; the root logger is left alone.
    "python_logs": {"managed_python_loggers": ["qn_pipeline"], "python_log_level": "INFO"},
}
DAGSTER_URL = "QN_DAGSTER_URL"
# How an interrupt comes out of a step: as Dagster's own, as Python's, or as the embedded engine's, which looks for signals while it works.
INTERRUPTS = ("DagsterExecutionInterruptedError", "KeyboardInterrupt", "RuntimeError: Query interrupted")
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass
class Outcome:
    """What a run did. `warnings` are checks that failed without stopping it, `failed` sources that could not bring what they have,

    `doubtful` checks that failed over what looks wrong and was published all the same.
    """

    run_ids: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)
    doubtful: list[str] = field(default_factory=list)
    pages: list[str] = field(default_factory=list)


def prepare_dagster_home(settings: Settings) -> Path:
    """The folder of Dagster's storage, with its settings."""
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    text = yaml.safe_dump(DAGSTER_SETTINGS | _storage(settings))
    file = settings.dagster_home / "dagster.yaml"
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
    return settings.dagster_home


def _storage(settings: Settings) -> dict[str, Any]:
    """Dagster's own settings of its storage. The file names the variable of a database, and never holds its password."""
    if settings.dagster_url is not None:
        return {"storage": {"postgres": {"postgres_url": {"env": DAGSTER_URL}}}}
    config = {"base_dir": str(settings.dagster_home / "history" / "runs")}
    return {
        "event_log_storage": {"module": KeptEngineEventLogStorage.__module__, "class": KeptEngineEventLogStorage.__name__, "config": config},
    }


@contextmanager
def _quiet_output() -> Iterator[None]:
    """dbt's progress lines go to its log only; in the UI they are a run's compute log."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        yield


@contextmanager
def _as_python_interrupts() -> Iterator[None]:
    """A stop that comes between steps, out of Dagster's handler, is one as any other."""
    try:
        yield
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None


def run_nightly(project_dir: Path, settings: Settings, first: date, last: date, job: str = NIGHTLY, **resources: Any) -> Outcome:
    """The nightly job (or another one over days) for a range of days, then the pages. Raises RunFailed with what stopped it."""
    os.environ |= {"DAGSTER_HOME": str(prepare_dagster_home(settings)), **BATCHES}
    for name, value in PLANNED_TOGETHER.items():
        os.environ.pop(name, None)
        if last > first:
            os.environ[name] = value
    outcome = Outcome()
    definitions = build_defs(project_dir, **resources)
    with _as_python_interrupts(), DagsterInstance.from_config(str(settings.dagster_home)) as instance, _quiet_output():
        nightly = definitions.resolve_job_def(job).execute_in_process(
            instance=instance, tags=range_tags(first, last), raise_on_error=False, run_config=QUIET
        )
        _record(outcome, nightly, settings)
        published = definitions.resolve_job_def(PUBLISH).execute_in_process(
            instance=instance, tags=range_tags(*months_of_pages(project_dir)), raise_on_error=False, run_config=QUIET
        )
        _record(outcome, published, settings)
    return outcome


def run_proof(project_dir: Path, settings: Settings, units: int, seed: int | None) -> str:
    """The job `proof` on a sample. Returns what was proven; raises RunFailed with what differs."""
    os.environ |= {"DAGSTER_HOME": str(prepare_dagster_home(settings)), **BATCHES}
    config = {**QUIET, "ops": {PROVE: {"config": {"units": units, "seed": seed}}}}
    with _as_python_interrupts(), DagsterInstance.from_config(str(settings.dagster_home)) as instance, _quiet_output():
        result = build_defs(project_dir).resolve_job_def(PROOF).execute_in_process(instance=instance, raise_on_error=False, run_config=config)
    if not result.success:
        raise RunFailed(_reason(result, [], settings))
    (done,) = [event for event in result.all_events if event.event_type is DagsterEventType.STEP_OUTPUT]
    return str(done.step_output_data.metadata[TOLD].value)


def _record(outcome: Outcome, result: ExecuteInProcessResult, settings: Settings) -> None:
    outcome.run_ids.append(result.run_id)
    stopping: list[str] = []
    for event in result.all_events:
        if event.event_type is DagsterEventType.ASSET_CHECK_EVALUATION:
            evaluation = event.asset_check_evaluation_data
            if evaluation.check_name == SOURCES_REACHED:
                outcome.failed |= {source: str(told.value) for source, told in evaluation.metadata.items()}
            elif not evaluation.passed:
                told = f"{evaluation.asset_key.to_user_string()}: {evaluation.check_name}{_told(evaluation.metadata)}"
                is_error = evaluation.severity is AssetCheckSeverity.ERROR
                (outcome.doubtful if is_error and evaluation.check_name in DOUBTFUL else outcome.warnings).append(told)
                if is_error and evaluation.blocking:
                    stopping.append(told)
        if event.event_type is DagsterEventType.ASSET_MATERIALIZATION and event.asset_key and event.asset_key.path[-1] == "pages":
            pages = event.step_materialization_data.materialization.metadata["pages_written"].value
            outcome.pages = [str(page) for page in pages] if isinstance(pages, list) else []
    if not result.success:
        raise RunFailed(" ".join([*outcome.failed.values(), _reason(result, stopping or outcome.warnings, settings)]))


def _told(metadata: Mapping[str, Any]) -> str:
    plain = {name: value.value for name, value in metadata.items() if name != "outcome" and not isinstance(value, TableMetadataValue)}
    told = {name: value for name, value in plain.items() if value not in (0, [], None)}
    return f" ({', '.join(f'{name} {value}' for name, value in told.items())})" if told else ""


def _all_words(error: SerializableErrorInfo | None) -> str:
    """What an error says, and what it came from."""
    words = []
    while error is not None:
        words.append(error.message)
        error = error.cause or error.context
    return "\n".join(words)


def _reason(result: ExecuteInProcessResult, failed_checks: list[str], settings: Settings) -> str:
    """The line of the first failure, the pipeline's own words where it has them."""
    for event in result.all_events:
        if event.event_type is DagsterEventType.STEP_FAILURE:
            data = event.step_failure_data
            if data.user_failure_data and data.user_failure_data.description:
                return data.user_failure_data.description
            if failed_checks and data.error and "AssetCheck" in (data.error.cls_name or ""):
                return f"A check stopped the run: {failed_checks[-1]}. What is published stays as it was. See: qn quarantine, and the run {result.run_id} in the UI."
            if data.error and any(data.error.message.startswith((name, f"dagster._core.errors.{name}")) for name in INTERRUPTS):
                return STOPPED
            mishap = explained(settings, _all_words(data.error))
            if mishap is not None:
                return mishap
            first_line = next((line for line in str(data.error.message if data.error else "").splitlines() if line.strip()), "no message")
            return f"The step {event.step_key} of run {result.run_id} failed: {first_line.strip()} What is published stays as it was. Run again with --verbose, or open the run in the UI."
    if failed_checks:
        return f"A check stopped the run: {failed_checks[-1]}. What is published stays as it was. See: qn quarantine, and the run {result.run_id} in the UI."
    return f"The run {result.run_id} failed before its first step. What is published stays as it was. Open it in the UI."
