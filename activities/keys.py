"""The end of keys: the account's, once its case has closed; those of follow-ups and closing, once nobody needs them.

Source: DESIGN, Security; DOMAIN erasure.6.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.case_policy import policy_of
from activities.holds import HELD_BY_LAW
from connectors.errors import Gone, NotFound, Rejected
from connectors.ports.outside import Histories
from connectors.ports.own import CaseStore
from connectors.ports.storage import KeyStore
from models.case import Noted
from models.closing import EvidenceRequest, KeyResult
from models.keys import Destroyed, KeyScope
from models.payload import EffectRequest

KEY_DESTRUCTION, SEALED_PAYLOAD = "key_destruction", "sealed_payload"
"""Kinds of document: {`ids`, `at`, `proven`, `copies_until`}; and what is tried afterwards, {`workflow`, `payload`}."""


class KeyActivities:
    """Each may run again, and be killed in the middle: what was begun is finished, and answers the same."""

    def __init__(
        self, *, keys: KeyStore, store: CaseStore, histories: Histories, unseal: Callable[[bytes], object]
    ) -> None:
        """`unseal` opens a payload as it lies on the server, or raises Gone."""
        self._keys, self._store, self._histories, self._unseal = keys, store, histories, unseal

    @activity.defn(name="destroy_account_key")
    def destroy_account_key(self, request: EvidenceRequest) -> KeyResult:
        """Destroys all keys of the account, and proves on an old payload of the case that it opens no more.

        Source: DOMAIN erasure.6.

        Raises:
            ApplicationError: `HeldByLaw`, not retryable: a hold stands on the account.
            Rejected: the old payload still opens. NotFound: there is no payload to prove it on.
        """
        done = self._store.documents(request.case, KEY_DESTRUCTION)
        if done:
            return KeyResult.model_validate(done[-1])
        at = activity.info().scheduled_time
        remembered = self._remembered(request, at)
        self._refuse_if_held(request.account)
        destroyed = self._keys.destroy(KeyScope.of_account(request.account), at)
        proven = self._proven(remembered)
        body = {**destroyed.model_dump(mode="json", include={"ids", "at"}), "proven": proven}
        body["copies_until"] = self._copies_until(request, destroyed).isoformat()
        kept = self._store.keep_document(request.case, KEY_DESTRUCTION, request.idempotency_key, body, at)
        return KeyResult.model_validate(kept)

    @activity.defn(name="release_key")
    def release_key(self, request: EffectRequest) -> Noted:  # noqa: ARG002  # an effect: it leaves its ledger entry
        """Says that the key of the workflow that runs this may go once it has closed; `sweep` destroys it then."""
        self._keys.may_end(KeyScope.of_workflow(activity.info().workflow_id or ""))
        return Noted()

    def _remembered(self, request: EvidenceRequest, at: datetime) -> Mapping[str, Any]:
        """A payload of the case, kept before anything is destroyed: a second run tries the same one."""
        kept = self._store.documents(request.case, SEALED_PAYLOAD)
        if kept:
            return kept[-1]
        workflow = f"offboarding-{request.case}"
        payload = b64encode(self._histories.sealed_payload(workflow)).decode()
        body = {"workflow": workflow, "payload": payload}
        return self._store.keep_document(
            request.case, SEALED_PAYLOAD, f"{request.idempotency_key}:remembered", body, at
        )

    def _refuse_if_held(self, account: str) -> None:
        """Whatever the hold covers: what it keeps may be sealed by this key. Source: DOMAIN erasure.3."""
        for hold in self._store.holds(account):
            what, fix = f"hold {hold['id']} stands on the account, and its key opens what it keeps", "release it first"
            raise ApplicationError(
                what, {"hold": hold["id"], "what": what, "fix": fix}, type=HELD_BY_LAW, non_retryable=True
            )

    def _proven(self, remembered: Mapping[str, Any]) -> str:
        payload = b64decode(remembered["payload"])
        try:
            self._unseal(payload)
        except Gone:
            return f"a payload of {remembered['workflow']} (sha256:{sha256(payload).hexdigest()}) opens no more"
        raise Rejected("key store", "an old payload still opens", "look for a second copy of the key store's folder")

    def _copies_until(self, request: EvidenceRequest, destroyed: Destroyed) -> datetime:
        days = policy_of(self._store, request.case, request.plan_hash).house.key_copies_days
        return destroyed.at + timedelta(days=days)


def sweep(keys: KeyStore, histories: Histories, at: datetime) -> list[Destroyed]:
    """Destroys the keys that may end and whose workflow has closed, or was forgotten by Temporal. Again is harmless.

    No workflow can do it itself: it needs its key until its very end.

    Raises:
        ConnectorError: what was destroyed until then stays so.
    """
    return [keys.destroy(scope, at) for scope in keys.ending() if _closed(histories, f"{scope.kind}-{scope.name}")]


def _closed(histories: Histories, workflow: str) -> bool:
    try:
        return histories.closed(workflow)
    except NotFound:
        return True
