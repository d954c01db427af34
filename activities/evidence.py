"""Evidence: what proves the exit years later, sealed where nobody can change it. Source: DOMAIN audit.1, erasure.5."""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity

from activities.certifying import CERTIFICATE
from activities.pack import SEAL, TAG_MANIFEST, Weight, payload, pretty, seal_claims, tags, weigh
from activities.papers import gather
from activities.pulse import beat
from activities.safe import SEAL_HEAD, SEAL_TOKEN
from activities.scrub import scrubbed
from activities.supplements import SupplementActivities
from connectors.errors import NotFound
from connectors.ports.outside import Histories
from connectors.ports.own import CaseStore, Ledger
from connectors.ports.storage import KeyStore, ObjectStore
from models.case import Noted, StageRecord
from models.closing import EvidenceRequest, EvidenceResult
from models.ledger import digest
from models.policy import Policy
from models.vocabulary import Stage

POLL = timedelta(seconds=0.5)
_HISTORIES = "data/histories/"


class EvidenceActivities(SupplementActivities):
    """The last steps. Each writes the same bytes again when it runs again, so a locked object never conflicts."""

    def __init__(
        self,
        *,
        objects: ObjectStore,
        ledger: Ledger,
        store: CaseStore,
        keys: KeyStore,
        histories: Histories,
        signer: str,
        policy: Policy,
        bucket: str,
    ) -> None:
        """`signer` is an Ed25519 private key as JWK, `bucket` has Object Lock."""
        about: dict[str, Any] = {"signer": signer, "policy": policy, "bucket": bucket}
        super().__init__(objects=objects, ledger=ledger, store=store, keys=keys, **about)
        self._objects, self._keys, self._histories, self._bucket = objects, keys, histories, bucket

    @activity.defn(name="collect_histories")
    def collect_histories(self, request: EvidenceRequest) -> EvidenceResult:
        """Writes each workflow's history, scrubbed, under lock, once all have ended: an open one still grows.

        Source: DESIGN, Security.
        """
        self._await_ends(request)
        key, now = self._keys.digest_key(f"offboarding-{request.case}"), activity.info().scheduled_time
        weights: dict[str, Weight] = {}
        for workflow in _workflows(request):
            for number, history in enumerate(self._histories.runs(workflow), 1):
                beat(workflow)
                path, body = _history(workflow, number), pretty(scrubbed(history, key))
                self._safe.write(request.case, {path: body}, request.plan_hash, now)
                weights[path] = weigh(body)
        sha256s = {path: weight.sha256 for path, weight in weights.items()}
        return EvidenceResult(
            location=self._safe.place(request.case, _HISTORIES), digest=digest(sha256s), entries=len(weights)
        )

    def _await_ends(self, request: EvidenceRequest) -> None:
        for workflow in _workflows(request):
            while not self._histories.closed(workflow):
                beat(workflow)
                time.sleep(POLL.total_seconds())

    @activity.defn(name="sign_certificate")
    def sign_certificate(self, request: EvidenceRequest) -> EvidenceResult:
        """Signs the certificate, once.

        Raises:
            Rejected, NotFound: something in the plan was not purged and counted again, a sub-processor not asked, or
                the account's key still stands.
        """
        kept = self._certifier.issue(request, activity.info().scheduled_time)
        return EvidenceResult(location=self._safe.place(request.case, "data/certificate.jws"), digest=kept["digest"])

    @activity.defn(name="seal_pack")
    def seal_pack(self, request: EvidenceRequest) -> EvidenceResult:
        """Writes the pack under lock, the seal last.

        Raises:
            Rejected: the ledger's own chain doesn't hold; a broken one is never sealed.
            NotFound: certificate or histories are missing.
        """
        seal = self._seal(request)
        entries = [entry for entry in self._safe.entries(request.case) if entry.seq <= seal["entries"]]
        papers = gather(self._store, request.case, request.account, request.plan_hash)
        papers = replace(papers, decisions=seal["decisions"], receipts=seal["receipts"])
        files = payload(papers, entries, self._certificate(request.case), seal["keys"])
        weights = {**{path: weigh(body) for path, body in files.items()}, **self._weigh_histories(request)}
        sealed_at = datetime.fromisoformat(seal["at"])
        bag = {**files, **tags(weights, request.case, sealed_at)}
        signed = seal_claims(request.case, seal["entries"], seal["head"], bag[TAG_MANIFEST])
        token = self._safe.signed(request.case, SEAL_TOKEN, f"{request.idempotency_key}:token", signed, sealed_at)
        self._safe.write(request.case, {**bag, SEAL: token.encode()}, request.plan_hash, sealed_at)
        return EvidenceResult(
            location=self._safe.place(request.case),
            digest=f"sha256:{signed['tagmanifest_sha256']}",
            entries=seal["entries"],
        )

    @activity.defn(name="close_case")
    def close_case(self, request: EvidenceRequest) -> Noted:
        """The case is closed in the read model."""
        commitments = self._store.plan(request.case, request.plan_hash).commitments
        record = StageRecord(
            **request.model_dump(include={"case", "account", "step", "actor", "subject", "generation"}),
            stage=Stage.CLOSED,
            mode=commitments.mode,
            plan_hash=request.plan_hash,
            effective_date=commitments.dates["effective_date"].at,
            ended=True,
        )
        self._store.record(record, activity.info().scheduled_time)
        return Noted()

    def _seal(self, request: EvidenceRequest) -> Mapping[str, Any]:
        """All that may grow until a second attempt, decided by the first: head, length, instant, decisions, keys."""
        now, entries = activity.info().scheduled_time, self._safe.entries(request.case)
        papers = gather(self._store, request.case, request.account, request.plan_hash)
        body = {
            "entries": len(entries),
            "head": entries[-1].entry_sha256,
            "at": now.isoformat(),
            "decisions": papers.decisions,
            "receipts": papers.receipts,
            "keys": self._safe.published(),
        }
        return self._store.keep_document(request.case, SEAL_HEAD, request.idempotency_key, body, now)

    def _certificate(self, case: str) -> Mapping[str, Any]:
        """The first; what replaces it lies in a supplement."""
        documents = self._store.documents(case, CERTIFICATE)
        if not documents:
            raise NotFound("evidence", f"case {case} has no certificate", "sign it first")
        return documents[0]

    def _weigh_histories(self, request: EvidenceRequest) -> dict[str, Weight]:
        """Those that were collected; raises NotFound without any."""
        start = f"{request.case}/"
        keys = [key for key, _ in self._objects.list(self._bucket, start + _HISTORIES)]
        if not keys:
            raise NotFound("evidence", f"case {request.case} has no histories", "collect them first")
        paths = [key.removeprefix(start) for key in keys]
        return {path: self._weigh(request.case, path) for path in paths}

    def _weigh(self, case: str, path: str) -> Weight:
        beat(path)
        sha256, size_bytes = hashlib.sha256(), 0
        for chunk in self._objects.read(self._bucket, f"{case}/{path}"):
            sha256.update(chunk)
            size_bytes += len(chunk)
        return Weight(sha256.hexdigest(), size_bytes)


def _workflows(request: EvidenceRequest) -> tuple[str, ...]:
    return request.workflows or (f"offboarding-{request.case}",)


def _history(workflow: str, run: int) -> str:
    """One file a run, the form that Temporal's own tools replay; the first bears the workflow's id alone."""
    return f"{_HISTORIES}{workflow}.json" if run == 1 else f"{_HISTORIES}{workflow}.run-{run}.json"
