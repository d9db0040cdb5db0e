"""Whether files of the landing and valid stages are still what was written: Parquet has no checksum of its own that is always looked at.

A flipped bit may otherwise be read as another value, and be published.
"""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def digests(folder: Path) -> dict[str, str]:
    """Hashes of the files of a folder, by name."""
    return {file.name: sha256_of(file) for file in sorted(folder.iterdir())}


def first_damaged(folder: Path, written: Mapping[str, str], names: Iterable[str] | None = None) -> Path | None:
    """The first file that is missing or differs from what was written; of those named, when names are given.

    What was written before hashes were kept is taken for whole.
    """
    for name, digest in written.items():
        if names is not None and name not in names:
            continue
        try:
            same = sha256_of(folder / name) == digest
        except OSError:
            same = False
        if not same:
            return folder / name
    return None
