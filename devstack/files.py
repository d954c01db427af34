"""Files that are there whole or not at all, readable by their owner only."""

import os
import uuid
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Writes or replaces the file in one step, mode 0600."""
    _written_aside(file, content).replace(file)


def write_once(file: Path, content: bytes) -> bool:
    """Writes the file in one step, mode 0600, and never replaces one; whether it was written.

    Of several writers at the same time exactly one succeeds.
    """
    if file.exists():
        return False
    aside = _written_aside(file, content)
    try:
        file.hardlink_to(aside)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def _written_aside(file: Path, content: bytes) -> Path:
    aside = file.with_name(f".{uuid.uuid4().hex}.part")
    descriptor = os.open(aside, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    return aside
