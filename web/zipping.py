"""The whole package as one ZIP, made while it is sent: no temporary file, one object read at a time."""

from collections.abc import Iterator

from zipstream.ng import ZipStream

from connectors.ports.storage import ObjectStore
from web.contents import Contents


def zipped(objects: ObjectStore, contents: Contents, folder: str) -> ZipStream:
    """The ZIP, every file under `folder`; stored, for what is large is gzip already. Its `len` is known beforehand.

    What isn't as long as was listed breaks the stream off, so that nobody takes a part for the whole.
    """
    stream = ZipStream(sized=True)
    for file in contents.files.values():
        body = _read(objects, contents.bucket, contents.prefix + file.path)
        stream.add(body, f"{folder}/{file.path}", size=file.size_bytes)
    return stream


def _read(objects: ObjectStore, bucket: str, key: str) -> Iterator[bytes]:
    """Asks for the object only when its turn comes."""
    yield from objects.read(bucket, key)
