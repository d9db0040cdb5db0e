"""`make dev`: Dagster's UI and daemon for the project that QN_PROJECT names, on 127.0.0.1:3000, with its storage in the project's home."""

import os
import sys
from pathlib import Path

from qn_pipeline.errors import QnError
from qn_pipeline.orchestration.build import PROJECT_VARIABLE
from qn_pipeline.orchestration.run import prepare_dagster_home
from qn_pipeline.orchestration.storage import BATCHES
from qn_pipeline.project import load_project
from qn_pipeline.settings import read_settings

WORKSPACE = Path(__file__).parents[2] / "workspace.yaml"


def main() -> None:
    """Become `dagster dev`."""
    project_dir = Path(os.environ.get(PROJECT_VARIABLE, ".")).absolute()
    try:
        load_project(project_dir)
        settings = read_settings(project_dir)
        settings.prepare_home()
    except QnError as error:
        sys.exit(f"qn: {error}")
    os.environ |= {"DAGSTER_HOME": str(prepare_dagster_home(settings)), PROJECT_VARIABLE: str(project_dir), **BATCHES}
    dagster = Path(sys.executable).parent / "dagster"
    os.execv(dagster, [str(dagster), "dev", "--workspace", str(WORKSPACE), "--host", "127.0.0.1", "--port", "3000"])  # noqa: S606


if __name__ == "__main__":
    main()
