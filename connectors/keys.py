"""Keys in a folder, wrapped by the master key. Source: DESIGN, Security, Keys."""

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from connectors.errors import Rejected, Unavailable
from connectors.keys_disk import locked, write_once, write_over
from connectors.keys_scope import ScopeKeys, gone, never_made, place_of
from connectors.keys_wrapped import KEY_BYTES, MasterKeys, read_wrapped
from models.keys import DataKey, Destroyed, KeyScope, StandingKey

SENTINEL = "sentinel"
"""Wrapped as a key is, and none: it tells the master key under which the store was made."""
_KINDS = ("account", "closing", "follow-up")
_DIGESTS = b"farewell ledger digests"
_THUMBPRINT = re.compile(r"[A-Za-z0-9_-]{1,128}")
_PRIVATE_HALF = "d"  # Source: RFC 8037, 2


class FolderKeyStore:
    """The port `KeyStore`: a file a key, `<kind>/<name>/<number>.key`, also for many processes at a time.

    An opened key is remembered, but whether it still stands is looked up each time: another process may destroy it.
    All raise Unavailable where the folder can't be used.
    """

    def __init__(self, folder: Path, master_key: str, old: Sequence[str] = ()) -> None:
        """`master_key` is 32 bytes in base64, and so are the `old` ones, which only open.

        Raises:
            Unauthorized: one is of another form.
        """
        self._folder = folder
        self._masters = MasterKeys(master_key, old)
        self._opened: dict[str, DataKey] = {}

    def check(self) -> None:
        """Whether today's master key, or an old one that we were given, opens every key here.

        Files of keys that were destroyed go for good: a destroyer was killed, or somebody brought back a copy.

        Raises:
            Unauthorized: it doesn't; says which it is and which is needed. Rejected: a file is damaged.
        """
        for key in self.keys():
            if key.wrapped_by not in self._masters:
                raise self._masters.refused(key.id, key.wrapped_by)
        with self._changing():
            self._check_sentinel()
            for each in self._scopes():
                each.remove_dead()

    def sealing(self, scope: KeyScope) -> DataKey:
        """The newest key of a scope, made at the first asking; two makers agree on one.

        Raises:
            Gone: the scope's keys were destroyed. Unauthorized, Rejected: as `opening`.
        """
        return self._opening(ScopeKeys(self._folder, scope), self._numbers(scope)[-1])

    def opening(self, key_id: str) -> DataKey:
        """The key of that id.

        Raises:
            Gone: it was destroyed. NotFound: there never was one. Unauthorized: another master key wraps it.
            Rejected: no key's id, or a damaged file.
        """
        scope, number = place_of(key_id)
        return self._opening(ScopeKeys(self._folder, scope), number)

    def digest_key(self, workflow: str) -> bytes:
        """HKDF-SHA-256 of the scope's oldest key that stands, so that a rotation changes no digest.

        Raises:
            Gone: it has died. ValueError: no workflow id of ours.
        """
        scope = KeyScope.of_workflow(workflow)
        oldest = self._opening(ScopeKeys(self._folder, scope), self._numbers(scope)[0])
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_DIGESTS).derive(oldest.secret)

    def rotate(self, scope: KeyScope) -> DataKey:
        """A new key that seals from now on; the older ones go on opening. Raises Gone."""
        of_scope = ScopeKeys(self._folder, scope)
        with self._changing():
            self._make(of_scope)
        return self._opening(of_scope, of_scope.standing()[-1])

    def destroy(self, scope: KeyScope, at: datetime) -> Destroyed:
        """Destroys every key of the scope: the tombstone first, then the files. Again finishes what was begun.

        Source: DOMAIN erasure.6.
        """
        of_scope = ScopeKeys(self._folder, scope)
        with self._changing():
            destroyed = of_scope.bury(at)
        for key_id in destroyed.ids:
            self._opened.pop(key_id, None)
        return destroyed

    def reopen(self, scope: KeyScope) -> None:
        """From now on there may be new keys; the old ids stay dead. Changes nothing where none were destroyed."""
        of_scope = ScopeKeys(self._folder, scope)
        with self._changing():
            of_scope.reopen()

    def may_end(self, scope: KeyScope) -> None:
        """Its workflow needs the key until it has closed, and nobody after that; again changes nothing."""
        of_scope = ScopeKeys(self._folder, scope)
        with self._changing():
            of_scope.may_end()

    def ending(self) -> list[KeyScope]:
        """The scopes that may end and still have keys, by kind and name."""
        with self._usable():
            return [each.scope for each in self._scopes() if each.is_ending and each.standing()]

    def keys(self) -> list[StandingKey]:
        """All that stand, by kind, name and number; none is opened. Raises Rejected for a damaged file."""
        with self._usable():
            return [key for each in self._scopes() for key in _described(each)]

    def rewrap(self) -> int:
        """Wraps every key by the master key of today; answers how many were wrapped by an older one."""
        self.check()
        old = [place_of(key.id) for key in self.keys() if key.wrapped_by != self._masters.today]
        for scope, number in old:
            with self._changing():  # for each, so that nobody waits long; and no key comes back that is being destroyed
                self._rewrap(ScopeKeys(self._folder, scope), number)
        with self._changing():
            self._write_sentinel()
        return len(old)

    def publish(self, public: dict[str, Any]) -> dict[str, Any]:
        """Keeps the public half of a signing key, a JWK with its `kid`, for ever; answers all as a JWKS, by `kid`.

        Raises:
            Rejected: it has no kid that could name a file, or it is the private half.
        """
        kid = public.get("kid")
        if not isinstance(kid, str) or not _THUMBPRINT.fullmatch(kid) or _PRIVATE_HALF in public:
            raise Rejected("key store", "only the public half of a signing key, named by its thumbprint, is published")
        with self._usable():
            write_once(self._folder / "signing" / f"{kid}.json", json.dumps(public, sort_keys=True).encode())
            paths = sorted((self._folder / "signing").glob("*.json"))
            return {"keys": [json.loads(path.read_bytes()) for path in paths]}

    def _numbers(self, scope: KeyScope) -> list[int]:
        """The keys that stand, the first one made where there is none; raises Gone."""
        of_scope = ScopeKeys(self._folder, scope)
        with self._usable():
            standing = of_scope.standing()
        if standing:
            return standing
        with self._changing():
            if not of_scope.standing():
                self._make(of_scope)
            return of_scope.standing()

    def _make(self, of_scope: ScopeKeys) -> None:
        if of_scope.tombstone().closed:
            raise gone(f"of {of_scope.scope}")
        self._check_sentinel()
        number = of_scope.next_number()
        secret = secrets.token_bytes(KEY_BYTES)
        of_scope.add(number, self._masters.wrap(of_scope.id_of(number), secret, datetime.now(UTC)))

    def _opening(self, of_scope: ScopeKeys, number: int) -> DataKey:
        key_id = of_scope.id_of(number)
        with self._usable():
            of_scope.refuse_dead(number)
            remembered = self._opened.get(key_id)
            if remembered is not None and of_scope.has(number):
                return remembered
            body = of_scope.read(number)
            if body is None:
                of_scope.refuse_dead(number)  # it may have been destroyed in this very moment
                raise never_made(key_id)
        key = DataKey(id=key_id, secret=self._masters.unwrap(key_id, read_wrapped(key_id, body)))
        self._opened[key_id] = key
        return key

    def _rewrap(self, of_scope: ScopeKeys, number: int) -> None:
        key_id, body = of_scope.id_of(number), of_scope.read(number)
        if body is not None and number in of_scope.standing():
            wrapped = read_wrapped(key_id, body)
            secret = self._masters.unwrap(key_id, wrapped)
            of_scope.replace(number, self._masters.wrap(key_id, secret, wrapped.made_at))

    def _check_sentinel(self) -> None:
        path = self._folder / f"{SENTINEL}.json"
        if not path.exists():
            write_once(path, self._masters.wrap(SENTINEL, b"", datetime.now(UTC)))
        self._masters.unwrap(SENTINEL, read_wrapped(SENTINEL, path.read_bytes()))

    def _write_sentinel(self) -> None:
        write_over(self._folder / f"{SENTINEL}.json", self._masters.wrap(SENTINEL, b"", datetime.now(UTC)))

    def _scopes(self) -> Iterator[ScopeKeys]:
        for kind in _KINDS:
            for name in _folders(self._folder / kind):
                yield ScopeKeys(self._folder, KeyScope.model_validate({"kind": kind, "name": name}))

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._usable(), locked(self._folder):
            yield

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            fix = "FAREWELL_KEYS names a folder that we may write to"
            raise Unavailable("key store", f"{self._folder}: {error.strerror}", fix) from None


def _folders(folder: Path) -> list[str]:
    try:
        return sorted(path.name for path in folder.iterdir() if path.is_dir())
    except FileNotFoundError:  # nothing of that kind yet
        return []


def _described(of_scope: ScopeKeys) -> Iterator[StandingKey]:
    """None of those that are destroyed while we look."""
    may_end = of_scope.is_ending
    for number in of_scope.standing():
        key_id, body = of_scope.id_of(number), of_scope.read(number)
        if body is not None:
            wrapped = read_wrapped(key_id, body)
            yield StandingKey(id=key_id, made_at=wrapped.made_at, wrapped_by=wrapped.wrapped_by, may_end=may_end)
