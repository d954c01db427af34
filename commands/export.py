"""Fetches a package from the bucket, and verifies one wherever it lies."""

import shutil
import tempfile
from pathlib import Path, PurePosixPath

from commands.refused import Exit, Refused
from commands.verification import TAG_MANIFEST, verify_bag
from connectors.errors import NotFound, Rejected
from connectors.ports.storage import ObjectStore

_S3 = "s3://"


def fetch_package(objects: ObjectStore, location: str, folder: Path) -> None:
    """Fetches the package at `s3://bucket/prefix/` into `folder`, which appears when all of it is there.

    Raises:
        Refused: the folder holds something already, or the location isn't one of S3.
        NotFound: there is no finished package.
    """
    bucket, prefix = _place(location)
    folder = folder.resolve()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Refused(Exit.USAGE, f"{folder} holds something already", "name a folder that is empty or not there")
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    fetch_bag(objects, bucket, prefix, partial)
    partial.replace(folder)


def verify_package(location: str, objects: ObjectStore | None = None) -> list[str]:
    """What is wrong with the package in a folder or, with `objects`, at `s3://bucket/prefix/`; nothing means sound."""
    if not location.startswith(_S3):
        return verify_bag(Path(location))
    if objects is None:
        raise Refused(Exit.USAGE, f"{location} is no folder", "fetch it first: farewell export fetch")
    with tempfile.TemporaryDirectory() as folder:
        fetch_bag(objects, *_place(location), Path(folder))
        return verify_bag(Path(folder))


def fetch_bag(objects: ObjectStore, bucket: str, prefix: str, folder: Path) -> None:
    """Every file under the prefix, into the folder.

    Raises:
        NotFound: its tag manifest isn't there, so it was never finished, or is erased.
    """
    keys = [key for key, _ in objects.list(bucket, prefix)]
    if f"{prefix}{TAG_MANIFEST}" not in keys:
        raise NotFound("export package", f"there is no finished package at {_S3}{bucket}/{prefix}", "export it first")
    for key in keys:
        file = folder / _within(key.removeprefix(prefix))
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as opened:
            opened.writelines(objects.read(bucket, key))


def _within(path: str) -> PurePosixPath:
    found = PurePosixPath(path)
    if found.is_absolute() or ".." in found.parts or not found.parts:
        raise Rejected("export package", f"{path!r} would lie outside of the folder", "export it again")
    return found


def _place(location: str) -> tuple[str, str]:
    bucket, _, prefix = location.removeprefix(_S3).partition("/")
    if not location.startswith(_S3) or not bucket or not prefix.strip("/"):
        raise Refused(Exit.USAGE, f"{location} is no place in S3", "write s3://bucket/account/case/1/")
    return bucket, f"{prefix.strip('/')}/"
