"""A body cut into the parts of an upload, and their checksums. Source: STACK, S3."""

import hashlib
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from connectors.errors import Rejected

_MIB = 1024 * 1024
# Up to this part, of so many bytes: small ones keep memory low, and S3 takes no more than 10,000.
SIZES = ((3_000, 5 * _MIB), (6_000, 16 * _MIB), (10_000, 32 * _MIB))


@dataclass(frozen=True)
class Part:
    """One part, from 1."""

    number: int
    body: bytearray
    last: bool

    @cached_property
    def digest(self) -> bytes:
        """SHA-256."""
        return hashlib.sha256(self.body).digest()

    @cached_property
    def md5(self) -> str:
        """In hex: what servers call the ETag of a part; slow, so only asked for where it saves sending."""
        return hashlib.md5(self.body, usedforsecurity=False).hexdigest()

    @property
    def content(self) -> Any:
        """The body for boto3, which sends a bytearray without copying it; its stubs don't know."""
        return self.body

    @property
    def checksum(self) -> str:
        """Its SHA-256 as S3 writes it."""
        return in_base64(self.digest)


def cut(body: Iterable[bytes]) -> Iterator[Part]:
    """Parts of the sizes above, the last one smaller; an empty body is one empty part.

    Raises:
        Rejected: it is longer than S3 can hold in such parts.
    """
    number, buffer = 1, bytearray()
    for block in body:
        left = memoryview(block)
        while left:
            if len(buffer) == _part_bytes(number):
                yield Part(number, buffer, last=False)
                number, buffer = number + 1, bytearray()
            room = _part_bytes(number) - len(buffer)
            buffer += left[:room]
            left = left[room:]
    yield Part(number, buffer, last=True)


def limit_bytes() -> int:
    """How long a body may be."""
    starts = (0, *(last for last, _ in SIZES))
    return sum((last - start) * size for start, (last, size) in zip(starts, SIZES, strict=False))


def checksum_of(digests: Sequence[bytes]) -> str:
    """What S3 says of an object that was put whole, or of one that was uploaded in several parts."""
    if len(digests) == 1:
        return in_base64(digests[0])
    return f"{in_base64(hashlib.sha256(b''.join(digests)).digest())}-{len(digests)}"


def in_base64(digest: bytes) -> str:
    """As S3 writes checksums."""
    return b64encode(digest).decode()


def _part_bytes(number: int) -> int:
    for last, size in SIZES:
        if number <= last:
            return size
    most = f"{limit_bytes() / 1024**3:.0f} GiB"
    raise Rejected("s3", f"an object of more than {most}", "hand this data set over in another way than the package")
