"""What Dagster loads (workspace.yaml names this module)."""

from qn_pipeline.orchestration.build import build_defs

defs = build_defs()
