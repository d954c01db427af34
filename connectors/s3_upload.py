"""A streamed upload that a later attempt goes on with: bounded memory, checked by SHA-256, never over other bytes.

The caller's thread reads the body; three parts are in flight at most, while the next one fills.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from connectors.errors import Conflict, NotFound, Unavailable
from connectors.s3_errors import s3_errors
from connectors.s3_flight import Flight
from connectors.s3_multipart import Brought, Multipart, Target, sweep
from connectors.s3_parts import Part, checksum_of, cut
from models.package import Uploaded


def upload(target: Target, body: Iterable[bytes], finishing: Callable[[Uploaded], None]) -> Uploaded:
    """Brings all of `body` there and sweeps what earlier attempts left; again, it sends what is missing, or nothing.

    `finishing` is called once what will stand (or stands already) is known, before the object appears.

    Raises:
        Conflict: other bytes stand there.
        Unavailable: another live attempt was quicker, and has swept this one away; the next try finds its object.
    """
    way = _Upload if standing(target) is None else _Comparison
    uploaded = way(target, body, finishing).run()
    sweep(target)
    return uploaded


def standing(target: Target) -> tuple[int, str] | None:
    """Size and checksum of what is there."""
    try:
        with s3_errors(f"looking at {target}"):
            answer = target.client.head_object(Bucket=target.bucket, Key=target.key, ChecksumMode="ENABLED")
    except NotFound:
        return None
    return answer["ContentLength"], answer.get("ChecksumSHA256", "")


class _Body:
    """A body that is counted and hashed while it is read."""

    def __init__(self, target: Target, body: Iterable[bytes], finishing: Callable[[Uploaded], None]) -> None:
        self._target, self._finishing = target, finishing
        self._source, self._size, self._whole = body, 0, hashlib.sha256()

    def _parts(self) -> Iterator[Part]:
        for part in cut(self._source):
            self._size += len(part.body)
            self._whole.update(part.body)
            yield part

    def _finish(self, digests: list[bytes], kept_bytes: int) -> Uploaded:
        uploaded = Uploaded(
            size_bytes=self._size,
            sha256=self._whole.hexdigest(),
            checksum=checksum_of(digests),
            parts=len(digests),
            sent_bytes=self._size - kept_bytes,
            kept_bytes=kept_bytes,
        )
        self._finishing(uploaded)
        return uploaded

    def _settle(self, size_bytes: int, checksum: str) -> None:
        """An object is there: fine if it's ours."""
        found = standing(self._target)
        if found is None:
            raise Unavailable("s3", f"writing {self._target}: another attempt came in between")
        if found != (size_bytes, checksum):
            sweep(self._target)
            raise Conflict("s3", f"other bytes stand at {self._target}", "erase them and export again")


class _Comparison(_Body):
    """The object is there already: the body is only compared with it."""

    def run(self) -> Uploaded:
        digests = [part.digest for part in self._parts()]
        self._settle(self._size, checksum_of(digests))
        return self._finish(digests, kept_bytes=self._size)


class _Upload(_Body):
    """There is no object yet."""

    def run(self) -> Uploaded:
        with Flight(self._target) as flight:
            for part in self._parts():
                if part.number == 1 and part.last:
                    return self._put(part)
                flight.start(part)
            return self._complete(flight.multipart, flight.landed())

    def _complete(self, multipart: Multipart, brought: list[Brought]) -> Uploaded:
        kept_bytes = sum(part.size_bytes for part in brought if part.kept)
        uploaded = self._finish([part.digest for part in brought], kept_bytes)
        try:
            multipart.complete(brought)
        except (Conflict, NotFound):  # a twin was quicker, or we were, and the answer was lost
            self._settle(uploaded.size_bytes, uploaded.checksum)
        return uploaded

    def _put(self, part: Part) -> Uploaded:
        uploaded = self._finish([part.digest], kept_bytes=0)
        place: Any = self._target.place
        try:
            with s3_errors(f"writing {self._target}"):
                self._target.client.put_object(
                    **place, Body=part.content, ChecksumSHA256=part.checksum, IfNoneMatch="*", **self._target.encryption
                )
        except Conflict:
            self._settle(uploaded.size_bytes, uploaded.checksum)
        return uploaded
