"""What the environment says, as numbers and places."""

from pathlib import Path

import pytest

from qn_pipeline.settings import Settings


@pytest.mark.parametrize(("told", "gigabytes"), [("2GB", 2.0), ("500MB", 0.5), ("1.5 GiB", 1.5), ("2000KiB", 0.002), ("1TB", 1000.0)])
def test_the_memory_limit_is_a_number_of_gigabytes(tmp_path: Path, told: str, gigabytes: float) -> None:
    assert Settings(home=tmp_path, memory_limit=told).memory_gigabytes == gigabytes
