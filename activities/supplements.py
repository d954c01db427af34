"""What is watched once the pack is sealed, and the proof of it: supplements. Source: DOMAIN audit.1, erasure.5."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from temporalio import activity

from activities.case_policy import policy_of
from activities.certifying import CERTIFICATE, Certifier
from activities.pack import lines, pretty, weigh
from activities.papers import receipts
from activities.safe import SEAL_HEAD, SEAL_TOKEN, SUPPLEMENT_HEAD, SUPPLEMENT_TOKEN, EvidenceSafe
from connectors.errors import NotFound
from connectors.ports.own import CaseStore, Ledger
from connectors.ports.storage import KeyStore, ObjectStore
from models.closing import EvidenceRequest, EvidenceResult, SupplementRequest, WatchPlan
from models.policy import Policy
from rules.signature import claims_of
from rules.watches import watches

FOLDER, SIGNED = "supplements", "supplement.jws"
CHANGES = {
    "backups": "the backups have expired",
    "retained": "a retained data set was erased",
    "chase": "a sub-processor has confirmed",
}
"""Why a certificate is issued anew, by what was watched."""


class SupplementActivities:
    """Each supplement has a number; the same number is the same bytes, however often it is written."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        ledger: Ledger,
        store: CaseStore,
        keys: KeyStore,
        signer: str,
        policy: Policy,
        bucket: str,
    ) -> None:
        """`signer` is an Ed25519 private key as JWK, `bucket` has Object Lock."""
        self._store = store
        self._safe = EvidenceSafe(objects=objects, ledger=ledger, store=store, keys=keys, signer=signer, bucket=bucket)
        self._certifier = Certifier(store, self._safe, policy.sender)

    @activity.defn(name="plan_watches")
    def plan_watches(self, request: EvidenceRequest) -> WatchPlan:
        """What is still to be watched, counted from the seal: whatever the certificate leaves open; changes nothing.

        Raises:
            NotFound: nothing is sealed or certified yet.
        """
        seal, certificate = (self._first(request.case, kind) for kind in (SEAL_HEAD, CERTIFICATE))
        open_then = [each["name"] for each in certificate["claims"]["processors"] if not each["confirmed_at"]]
        return WatchPlan(
            watches=watches(
                self._store.plan(request.case, request.plan_hash).commitments,
                policy_of(self._store, request.case, request.plan_hash),
                datetime.fromisoformat(seal["at"]),
                datetime.fromisoformat(certificate["claims"]["backups_expire"]),
                open_then,
            )
        )

    @activity.defn(name="seal_supplement")
    def seal_supplement(self, request: SupplementRequest) -> EvidenceResult:
        """Writes what a watch has come to beside the pack, under lock, what signs it last.

        Where it changes what was certified, a new certificate is in it, which names the one that it replaces.

        Raises:
            Rejected: the ledger's own chain doesn't hold.
            NotFound: the pack, or the supplement before it, isn't sealed.
        """
        head = self._head(request)
        at, told = datetime.fromisoformat(head["claims"]["at"]), head["claims"]["ledger"]
        files = self._files(request, head)
        claims = {**head["claims"], "files": {path: weigh(body).sha256 for path, body in files.items()}}
        token = self._safe.signed(request.case, SUPPLEMENT_TOKEN, f"{request.idempotency_key}:token", claims, at)
        folder = f"{FOLDER}/{request.generation:04}-{request.watch.kind}"
        sealed = {f"{folder}/{path}": body for path, body in {**files, SIGNED: token.encode()}.items()}
        self._safe.write(request.case, sealed, request.plan_hash, at)
        return EvidenceResult(
            location=self._safe.place(request.case, f"{folder}/"),
            digest=f"sha256:{weigh(token.encode()).sha256}",
            entries=told["to"] - told["from"] + 1,
        )

    def _head(self, request: SupplementRequest) -> Mapping[str, Any]:
        """What may differ between two attempts, decided by the first: instant, entries, keys, and the certificate."""
        now, number = activity.info().scheduled_time, request.generation
        begins, previous = self._before(request.case, number)
        entries = self._safe.entries(request.case)
        claims = {
            "case": request.case,
            "number": number,
            "kind": request.watch.kind,
            "subject": request.watch.subject,
            "at": now.isoformat(),
            "result": request.result,
            "pack": claims_of(self._first(request.case, SEAL_TOKEN)["jws"])["tagmanifest_sha256"],
            "previous": previous,
            "ledger": {"from": begins, "to": len(entries), "head": entries[-1].entry_sha256},
        }
        body = {
            "claims": claims,
            "certificate": self._certified(request, now),
            "keys": self._safe.published(),
            "receipts": self._new_receipts(request),
        }
        return self._store.keep_document(request.case, SUPPLEMENT_HEAD, request.idempotency_key, body, now)

    def _before(self, case: str, number: int) -> tuple[int, str | None]:
        """With which entry this one begins, and the SHA-256 of the supplement before it."""
        if number == 1:
            return self._first(case, SEAL_HEAD)["entries"] + 1, None
        for token in (document["jws"] for document in self._store.documents(case, SUPPLEMENT_TOKEN)):
            if (claims := claims_of(token))["number"] == number - 1:
                return claims["ledger"]["to"] + 1, weigh(token.encode()).sha256
        raise NotFound("evidence", f"case {case} has no supplement {number - 1}", "seal that one first")

    def _certified(self, request: SupplementRequest, now: datetime) -> str | None:
        """The digest of the new certificate, where one is due."""
        if not _recertifies(request):
            return None
        return str(self._certifier.issue(request, now, CHANGES[request.watch.kind])["digest"])

    def _new_receipts(self, request: SupplementRequest) -> list[dict[str, Any]]:
        """What outside systems have answered since the last seal."""
        earlier = [self._first(request.case, SEAL_HEAD), *self._store.documents(request.case, SUPPLEMENT_HEAD)]
        sealed = [receipt for head in earlier for receipt in head["receipts"]]
        return [receipt for receipt in receipts(self._store, request.case) if receipt not in sealed]

    def _files(self, request: SupplementRequest, head: Mapping[str, Any]) -> dict[str, bytes]:
        told = head["claims"]["ledger"]
        entries = [e for e in self._safe.entries(request.case) if told["from"] <= e.seq <= told["to"]]
        files = {"keys.json": pretty(head["keys"]), "ledger.jsonl": lines(entries)}
        if head["receipts"]:
            files["receipts.json"] = pretty(head["receipts"])
        if head["certificate"] is None:
            return files
        kept = self._store.documents(request.case, CERTIFICATE)
        certificate = next(each for each in kept if each["digest"] == head["certificate"])
        pdf = b64decode(certificate["pdf_base64"])
        return {"certificate.jws": certificate["jws"].encode(), "certificate.pdf": pdf, **files}

    def _first(self, case: str, kind: str) -> Mapping[str, Any]:
        documents = self._store.documents(case, kind)
        if not documents:
            raise NotFound("evidence", f"case {case} has no {kind}", "seal the pack first")
        return documents[0]


def _recertifies(request: SupplementRequest) -> bool:
    """Whether what was certified is no longer all; for who has come back, nothing more was done."""
    return request.watch.kind in CHANGES and "returned" not in request.result
