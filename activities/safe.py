"""The bucket of evidence, and what is done with everything that is sealed into it. Source: DOMAIN audit.1, audit.2."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from activities.case_policy import policy_of
from activities.pulse import beat
from connectors.errors import Rejected
from connectors.ports.own import CaseStore, Ledger
from connectors.ports.storage import KeyStore, ObjectStore
from models.ledger import LedgerEntry
from rules.chain import first_fault
from rules.signature import public_key, sign

SEAL_HEAD, SEAL_TOKEN = "seal", "seal_token"
SUPPLEMENT_HEAD, SUPPLEMENT_TOKEN = "supplement", "supplement_token"
"""Kinds of document: what the first attempt at a seal decided, and what it signed."""
_LONGEST_YEAR = timedelta(days=366)  # a lock can't be shortened later, so it's never a day too short either


class EvidenceSafe:
    """Reads the ledger, signs, writes under lock; what may differ between two attempts is kept by the first."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        ledger: Ledger,
        store: CaseStore,
        keys: KeyStore,
        signer: str,
        bucket: str,
    ) -> None:
        """`signer` is an Ed25519 private key as JWK, `bucket` has Object Lock."""
        self._objects, self._ledger, self._store, self._keys = objects, ledger, store, keys
        self._signer, self._bucket = signer, bucket

    def entries(self, case: str) -> list[LedgerEntry]:
        """The case's ledger; raises Rejected where its own chain doesn't hold: a broken one is never sealed."""
        entries = self._ledger.entries(case)
        fault = first_fault(entry.model_dump(mode="json") for entry in entries)
        if fault or not entries:
            what = f"entry {fault.seq}: {fault.why}" if fault else "it has no entry"
            raise Rejected("ledger", what, "nothing is sealed: compliance must look at the ledger")
        return entries

    def published(self) -> dict[str, Any]:
        """Every public key that ever signed, today's among them, as a JWKS."""
        return self._keys.publish(public_key(self._signer))

    def sign(self, claims: dict[str, Any]) -> str:
        """As JWS, with today's key."""
        return sign(claims, self._signer)

    def signed(self, case: str, kind: str, key: str, claims: dict[str, Any], at: datetime) -> str:
        """The claims as signed by the first attempt, kept as the document `kind`: the signing key may have rotated."""
        return str(self._store.keep_document(case, kind, key, {"jws": self.sign(claims)}, at)["jws"])

    def write(self, case: str, files: Mapping[str, bytes], plan_hash: str, at: datetime) -> None:
        """Under lock, in this order, from `at` for the years of the policy that the plan rests on.

        Raises:
            Conflict: other bytes stand there.
        """
        until = at + policy_of(self._store, case, plan_hash).house.evidence_years * _LONGEST_YEAR
        for path, body in files.items():
            beat(path)
            self._objects.put_locked(self._bucket, f"{case}/{path}", body, until)

    def place(self, case: str, path: str = "") -> str:
        """Where that is, as people write it."""
        return f"s3://{self._bucket}/{case}/{path}"
