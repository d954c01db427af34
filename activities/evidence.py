"""Evidence: what proves the exit years later, sealed where nobody can change it. Source: DOMAIN audit.1, erasure.5."""

import hashlib
import time
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from temporalio import activity

from activities.case_policy import policy_of
from activities.certificate import claims
from activities.pack import SEAL, TAG_MANIFEST, Weight, payload, pretty, seal_claims, tags, weigh
from activities.papers import gather
from activities.printing import print_certificate
from activities.printing_words import by_id
from activities.pulse import beat
from activities.scrub import scrubbed
from connectors.errors import NotFound, Rejected
from connectors.ports import CaseStore, Histories, KeyStore, Ledger, ObjectStore
from models.case import Noted, StageRecord
from models.effects import EvidenceRequest, EvidenceResult
from models.ledger import LedgerEntry, digest
from models.policy import Policy
from models.vocabulary import Stage
from rules.chain import first_fault
from rules.signature import public_keys, sign

POLL = timedelta(seconds=0.5)
_LONGEST_YEAR = timedelta(days=366)  # a lock can't be shortened later, so it's never a day too short either

_HISTORIES = "data/histories/"


class EvidenceActivities:
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
        self._objects, self._ledger, self._store = objects, ledger, store
        self._keys, self._histories = keys, histories
        self._signer, self._policy, self._bucket = signer, policy, bucket

    @activity.defn(name="await_end")
    def await_end(self, request: EvidenceRequest) -> Noted:
        """Waits until every workflow whose history goes into the pack has ended: an open history still grows."""
        for workflow in _workflows(request):
            while not self._histories.closed(workflow):
                beat(workflow)
                time.sleep(POLL.total_seconds())
        return Noted()

    @activity.defn(name="collect_histories")
    def collect_histories(self, request: EvidenceRequest) -> EvidenceResult:
        """Writes each workflow's history, scrubbed, under lock. Source: DESIGN, Security."""
        key, until = self._keys.digest_key(request.account), self._until(request, activity.info().scheduled_time)
        weights: dict[str, Weight] = {}
        for workflow in _workflows(request):
            for number, history in enumerate(self._histories.runs(workflow), 1):
                beat(workflow)
                path, body = _history(workflow, number), pretty(scrubbed(history, key))
                self._objects.put_locked(self._bucket, f"{request.case}/{path}", body, until)
                weights[path] = weigh(body)
        sha256s = {path: weight.sha256 for path, weight in weights.items()}
        return EvidenceResult(
            location=self._at(request, "data/histories/"), digest=digest(sha256s), entries=len(weights)
        )

    @activity.defn(name="sign_certificate")
    def sign_certificate(self, request: EvidenceRequest) -> EvidenceResult:
        """Signs the certificate once, and keeps it: {`jws`, `claims`, `digest`, `pdf_base64`} is its document.

        Raises:
            Rejected: something in the plan was not purged and counted again.
        """
        now = activity.info().scheduled_time
        papers = gather(self._store, request.case, request.account, request.plan_hash)
        said = claims(papers, self._issuer, now)
        token = sign(said, self._signer)
        body: dict[str, Any] = {"jws": token, "claims": said, "digest": f"sha256:{weigh(token.encode()).sha256}"}
        body["pdf_base64"] = b64encode(
            print_certificate(by_id(papers.case, papers.plan.commitments, self._policy.sender), body, {})
        ).decode()
        kept = self._store.keep_document(request.case, "certificate", request.idempotency_key, body, now)
        return EvidenceResult(location=self._at(request, "data/certificate.jws"), digest=kept["digest"])

    @activity.defn(name="seal_pack")
    def seal_pack(self, request: EvidenceRequest) -> EvidenceResult:
        """Writes the pack under lock, the seal last. The document `seal` fixes head, length and instant.

        Raises:
            Rejected: the ledger's own chain doesn't hold; a broken one is never sealed.
            NotFound: certificate or histories are missing.
        """
        seal = self._seal(request)
        entries = [entry for entry in self._ledger.entries(request.case) if entry.seq <= seal["entries"]]
        papers = gather(self._store, request.case, request.account, request.plan_hash)
        files = payload(papers, entries, self._certificate(request.case), public_keys(self._signer))
        weights = {**{path: weigh(body) for path, body in files.items()}, **self._weigh_histories(request)}
        sealed_at = datetime.fromisoformat(seal["at"])
        bag = {**files, **tags(weights, request.case, sealed_at)}
        signed = seal_claims(request.case, seal["entries"], seal["head"], bag[TAG_MANIFEST])
        self._write(request.case, {**bag, SEAL: sign(signed, self._signer).encode()}, self._until(request, sealed_at))
        return EvidenceResult(
            location=self._at(request), digest=f"sha256:{signed['tagmanifest_sha256']}", entries=seal["entries"]
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

    @property
    def _issuer(self) -> str:
        return self._policy.sender.company

    def _seal(self, request: EvidenceRequest) -> Mapping[str, Any]:
        """How far the sealed ledger goes: decided by the first run, since each run adds entries of its own."""
        now, entries = activity.info().scheduled_time, self._ledger.entries(request.case)
        _refuse_broken(entries)
        body = {"entries": len(entries), "head": entries[-1].entry_sha256, "at": now.isoformat()}
        return self._store.keep_document(request.case, "seal", request.idempotency_key, body, now)

    def _certificate(self, case: str) -> Mapping[str, Any]:
        documents = self._store.documents(case, "certificate")
        if not documents:
            raise NotFound("evidence", f"case {case} has no certificate", "sign it first")
        return documents[-1]

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

    def _write(self, case: str, files: Mapping[str, bytes], until: datetime) -> None:
        for path, body in files.items():
            beat(path)
            self._objects.put_locked(self._bucket, f"{case}/{path}", body, until)

    def _until(self, request: EvidenceRequest, at: datetime) -> datetime:
        """By the policy that the plan rests on, so that every run writes the same lock."""
        return at + policy_of(self._store, request.case, request.plan_hash).house.evidence_years * _LONGEST_YEAR

    def _at(self, request: EvidenceRequest, path: str = "") -> str:
        return f"s3://{self._bucket}/{request.case}/{path}"


def _workflows(request: EvidenceRequest) -> tuple[str, ...]:
    return request.workflows or (f"offboarding-{request.case}",)


def _history(workflow: str, run: int) -> str:
    """One file a run, the form that Temporal's own tools replay; the first bears the workflow's id alone."""
    return f"{_HISTORIES}{workflow}.json" if run == 1 else f"{_HISTORIES}{workflow}.run-{run}.json"


def _refuse_broken(entries: list[LedgerEntry]) -> None:
    fault = first_fault(entry.model_dump(mode="json") for entry in entries)
    if fault or not entries:
        what = f"entry {fault.seq}: {fault.why}" if fault else "it has no entry"
        raise Rejected("ledger", what, "nothing is sealed: compliance must look at the ledger")
