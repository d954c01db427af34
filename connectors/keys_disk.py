"""Small files that are whole or not there, and that a power cut neither loses nor brings back."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

UNFINISHED = ".making-"
"""How the name of a file begins that is being written, or that a killed process has left."""
_PRIVATE = 0o700


def write_once(path: Path, body: bytes) -> bool:
    """Writes the file whole beside its place and links it there: the first wins; whether this was the first."""
    with _beside(path, body) as whole:
        try:
            os.link(whole, path)
        except FileExistsError:
            return False
    _keep(path.parent)
    return True


def write_over(path: Path, body: bytes) -> None:
    """Writes the file whole beside its place and puts it in the place of what stands there."""
    with _beside(path, body) as whole:
        os.link(whole, spare := path.with_name(f"{UNFINISHED}{secrets.token_hex(8)}"))
        spare.replace(path)
    _keep(path.parent)


def remove(path: Path) -> None:
    """Overwrites the file and unlinks it; one that isn't there is fine.

    Overwriting is what we can do: a drive may keep the old block. What is in it, is sealed.
    """
    try:
        with path.open("r+b") as file:
            file.write(bytes(path.stat().st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        return
    _keep(path.parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One maker or destroyer at a time, in this process and in others; the dead hold no lock."""
    folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


@contextmanager
def _beside(path: Path, body: bytes) -> Iterator[str]:
    path.parent.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=UNFINISHED) as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
        yield file.name


def _keep(folder: Path) -> None:
    """A name comes or goes for good once its folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
