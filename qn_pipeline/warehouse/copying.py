"""A copy of a file that is whole: in the kernel, without the bytes where the file system can share them, and never half of it under its last name."""

import errno
import os
import shutil
from pathlib import Path

# As much as one call is asked for: between calls a stop is noticed.
PIECE = 256 * 1024**2
# What a kernel or a file system says that does not copy by itself; anything else, a full disk above all, is an error.
REFUSED = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM, errno.EBADF, errno.ETXTBSY}


def copy_file(source: Path, target: Path) -> int:
    """Copy a file that nobody writes meanwhile, with its rights. Returns its bytes.

    Where file systems share blocks (XFS, Btrfs) nothing is moved. The disk need not have it yet when this returns: what is copied anew by each run is not worth
    to wait for. A copy that fails leaves what it began: the caller removes it.
    """
    if not _in_the_kernel(source, target):
        shutil.copyfile(source, target)
    shutil.copymode(source, target)
    return target.stat().st_size


def _in_the_kernel(source: Path, target: Path) -> bool:
    """Whether the kernel has copied all of it; where it refuses, nothing that counts was written."""
    with source.open("rb", buffering=0) as read, target.open("wb", buffering=0) as written:
        size, copied = os.fstat(read.fileno()).st_size, 0
        try:
            while copied < size:
                piece = os.copy_file_range(read.fileno(), written.fileno(), min(PIECE, size - copied))
                if piece == 0:
                    return False
                copied += piece
        except OSError as error:
            if error.errno in REFUSED:
                return False
            raise
    return True
