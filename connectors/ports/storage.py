"""Ports to objects and keys.

All raise `connectors.errors.ConnectorError`, and nothing of the library behind.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from models.keys import DataKey, Destroyed, KeyScope, StandingKey
from models.package import Uploaded


class ObjectStore(Protocol):
    """S3: packages and evidence."""

    def put(self, bucket: str, key: str, body: bytes, *, once: bool = False) -> None:
        """Writes with a SHA-256 checksum; `once` refuses to overwrite (Conflict) unless the same bytes stand there."""
        ...

    def put_locked(self, bucket: str, key: str, body: bytes, until: datetime) -> None:
        """Writes once under Object Lock COMPLIANCE; the same bytes again are fine, others are a Conflict."""
        ...

    def upload(
        self, bucket: str, key: str, body: Iterable[bytes], *, finishing: Callable[[Uploaded], None] | None = None
    ) -> Uploaded:
        """Streams blocks of any size as one object, with bounded memory, and never over other bytes.

        Goes on with an unfinished upload of that key: a part that stands with the same SHA-256 isn't sent again.
        What fails leaves its upload for the next attempt; what is cancelled, too: `erase` sweeps it. `finishing` is
        called before the object appears. Raises Conflict when other bytes stand there.
        """
        ...

    def stands(self, bucket: str, key: str, size_bytes: int, checksum: str) -> bool:
        """Whether this very object stands there, by the server's own checksum of it."""
        ...

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Copies on the server's side."""
        ...

    def link(self, bucket: str, key: str, seconds: int, filename: str) -> str:
        """A presigned link that downloads the object under that name for so long; at most 300 seconds."""
        ...

    def get(self, bucket: str, key: str) -> bytes:
        """A small object whole; raises NotFound."""
        ...

    def read(self, bucket: str, key: str) -> Iterator[bytes]:
        """An object in chunks of 1 MiB; raises NotFound."""
        ...

    def list(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes in bytes, in order of the keys."""
        ...

    def sealed(self, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Keys and bytes of small objects as they were first written, whatever was put over them since."""
        ...

    def erase(self, bucket: str, prefix: str) -> Iterator[int]:
        """Deletes every object under the prefix with every version, marker and upload; how many objects, by batch."""
        ...

    def check(self, bucket: str, *, locked: bool) -> None:
        """Raises if the bucket can't be used (or has no Object Lock though `locked`)."""
        ...


class KeyStore(Protocol):
    """Keys apart from the database, wrapped by the master key. Source: DESIGN, Security, Keys."""

    def check(self) -> None:
        """Whether the master key is the one under which the store was made.

        Raises:
            Unauthorized: it isn't; says which it is and which is needed. Unavailable: the store can't be used.
        """
        ...

    def sealing(self, scope: KeyScope) -> DataKey:
        """The newest key of a scope, made at the first asking; two makers agree on one.

        Raises:
            Gone: the scope's keys were destroyed, and nobody has reopened it.
        """
        ...

    def opening(self, key_id: str) -> DataKey:
        """The key of that id; raises Gone when it was destroyed, NotFound when there never was one."""
        ...

    def digest_key(self, workflow: str) -> bytes:
        """The HMAC key of what this workflow's ledger entries digest: derived, so that it dies with the scope's keys.

        Raises:
            Gone: it has died. ValueError: no workflow id of ours.
        """
        ...

    def rotate(self, scope: KeyScope) -> DataKey:
        """A new key that seals from now on; the older ones go on opening. Raises Gone."""
        ...

    def destroy(self, scope: KeyScope, at: datetime) -> Destroyed:
        """Destroys every key of the scope for good; again answers what was destroyed. Source: DOMAIN erasure.6.

        `at` is the effect's own instant, the same for each of its attempts: one that comes after a `reopen` finds that
        it's done, and destroys nothing.
        """
        ...

    def reopen(self, scope: KeyScope) -> None:
        """A customer has come back: from now on there may be new keys; the old ids stay dead."""
        ...

    def may_end(self, scope: KeyScope) -> None:
        """Its workflow needs the key until it has closed, and nobody after that."""
        ...

    def ending(self) -> list[KeyScope]:
        """The scopes that may end and still have keys."""
        ...

    def keys(self) -> list[StandingKey]:
        """All that stand, by id; none is opened."""
        ...

    def rewrap(self) -> int:
        """Wraps every key by the master key of today; answers how many were wrapped by an older one."""
        ...

    def publish(self, public: dict[str, Any]) -> dict[str, Any]:
        """Keeps the public half of a signing key for ever; answers all that were ever kept, as a JWKS."""
        ...
