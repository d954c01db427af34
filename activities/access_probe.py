"""Something of our own that must get in while the account lives, and never after. Source: DOMAIN identity.3."""

import hmac
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256

from activities.access_effects import patiently
from connectors.errors import Gone, Rejected, Unavailable
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.own import CaseStore
from connectors.ports.storage import KeyStore
from models.effects import UndoRequest
from models.payload import EffectRequest, Receipt
from models.vocabulary import CredentialClass

DOCUMENT, IDENTITY = "probe", "identity"
WAYS = (CredentialClass.SESSION, CredentialClass.API_KEY, IDENTITY)
"""All by which it must get in at first."""


class Probe:
    """An identity, a session and an API key. Their token is derived, never stored: who holds our keys knows it."""

    def __init__(self, identity: IdentitySystem, access: AccessSystem, store: CaseStore, keys: KeyStore) -> None:
        """The identity's id is kept with the case, in a document of kind `probe`."""
        self._identity, self._access, self._store, self._keys = identity, access, store, keys

    def plant(self, request: EffectRequest, at: datetime) -> Receipt:
        """Once a key; then it's tried.

        Raises:
            Unavailable: it doesn't get in, so that its being refused later would prove nothing.
        """
        account, key = request.account, request.idempotency_key
        user = patiently(lambda: self._identity.plant(account, key))
        self._store.keep_document(request.case, DOCUMENT, f"{key}:{DOCUMENT}", {"user": user, "planted_by": key}, at)
        token = self._token(request.case)
        receipt = patiently(lambda: self._access.plant(account, token, key, at))
        missing = [way for way in WAYS if way not in self.ways(request)]
        if missing:
            what = f"our own probe doesn't get in by {', '.join(missing)}, though the account is open"
            raise Unavailable("probe", what, "see that identity and access system make what they're asked for")
        return receipt

    def pull(self, request: UndoRequest, at: datetime) -> Receipt:
        """Whatever of it is there: an attempt that died may have left no document, so its identity is asked for."""
        account, key = request.account, request.undoes
        user = self._user(request.case) or patiently(lambda: self._identity.plant(account, key))
        patiently(lambda: self._identity.pull(account, user))
        return patiently(lambda: self._access.pull(account, key, at))

    def ways(self, request: EffectRequest) -> tuple[str, ...]:
        """By which it gets in now: classes of credential, and `identity` where its user is active.

        Once the account's key is gone nobody knows the token any more: then only the identity is tried.
        """
        account, user = request.account, self._user(request.case)
        try:
            token = self._token(request.case)
        except Gone:
            found: tuple[str, ...] = ()
        else:
            found = patiently(lambda: self._access.admits(account, token))
        return (*found, IDENTITY) if user and patiently(self._active(account, user)) else found

    def tried(self, request: EffectRequest) -> tuple[str, ...]:
        """The same, as a proof.

        Raises:
            Rejected: none was planted in this case.
        """
        if not self._user(request.case):
            fix = "bring back the case's document `probe`, then: farewell resolve ACCOUNT TASK --outcome retry"
            raise Rejected("probe", "none was planted in this case, so nothing can be proven", fix)
        return self.ways(request)

    def _active(self, account: str, user: str) -> Callable[[], bool]:
        return lambda: self._identity.admits(account, user)

    def _user(self, case: str) -> str | None:
        kept = self._store.documents(case, DOCUMENT)
        return str(kept[-1]["user"]) if kept else None

    def _token(self, case: str) -> str:
        return hmac.new(self._keys.digest_key(f"offboarding-{case}"), b"probe", sha256).hexdigest()
