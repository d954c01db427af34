"""A case that is ready to be certified, and its evidence activities."""

import json
from dataclasses import replace
from datetime import timedelta

from joserfc.jwk import OKPKey
from temporalio.testing import ActivityEnvironment

from activities.evidence import EvidenceActivities
from models.case import Decision
from models.closing import SupplementRequest, Watch
from models.ledger import ActivityRef, Fact
from models.vocabulary import Stage
from tests.fakes.evidence import MemoryLedger, MemoryObjects, MemoryStore, OneKey
from tests.fakes.papers import ACCOUNT, AT, CASE, POLICY, evidence_request, plan

SIGNER = json.dumps(
    OKPKey.import_key(
        {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "d": "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
        }
    ).as_dict(private=True)
)  # the key of RFC 8037, appendix A


KEY_GONE = {
    "ids": ["account/acme/1"],
    "at": AT.isoformat(),
    "proven": "a payload of offboarding-acme-1 (sha256:00) opens no more",
    "copies_until": (AT + timedelta(days=35)).isoformat(),
}


class PublishedKeys(OneKey):
    """Remembers every public key, as the key store does."""

    def __init__(self):
        self.public = {}

    def publish(self, public):
        self.public.setdefault(public["kid"], public)
        return {"keys": [self.public[kid] for kid in sorted(self.public)]}


class FakeHistories:
    def __init__(self):
        self.open = 0

    def closed(self, workflow):
        self.open = max(self.open - 1, 0)
        return self.open == 0

    def runs(self, workflow):
        return [{"events": [{"eventId": "1", "identity": "7@evas-laptop"}]}] * 2


class Closing:
    def __init__(self, days_late=0, ledger=None, store=None, signer=SIGNER, objects=None):
        self.at = AT + timedelta(days=days_late)
        self.ledger, self.store = ledger or MemoryLedger(), store or MemoryStore(plan())
        self.objects, self.histories, self.keys = objects or MemoryObjects(), FakeHistories(), PublishedKeys()
        self.sign_with(signer)

    def sign_with(self, signer):
        """A worker that starts with this signing key."""
        self.activities = EvidenceActivities(
            objects=self.objects,
            ledger=self.ledger,
            store=self.store,
            keys=self.keys,
            histories=self.histories,
            signer=signer,
            policy=POLICY,
            bucket="evidence",
        )

    def run(self, name, request=None):
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, scheduled_time=self.at)
        return environment.run(getattr(self.activities, name), request or evidence_request(name))

    def watched(self, kind, number, subject="-", result=None):
        """What a watch has come to, sealed."""
        about = evidence_request("seal_supplement").model_dump(exclude={"workflows", "subject", "generation"})
        watch = Watch(kind=kind, subject=subject, at=self.at)
        request = SupplementRequest(**about, subject=kind, generation=number, watch=watch, result=result or {})
        return self.run("seal_supplement", request)

    def happened(self, count):
        for _ in range(count):
            number = len(self.ledger.entries(CASE)) + 1
            self.ledger.append(fact(number), ActivityRef(workflow="w", run="r", activity=str(number), attempt=1))

    def sealed(self, folder):
        """The whole pack, as files in a folder."""
        for name in ("collect_histories", "sign_certificate", "seal_pack"):
            self.run(name)
        return self.fetched(folder)

    def fetched(self, folder):
        """What lies in the bucket, as files in a folder."""
        for key, body in self.objects.buckets["evidence"].items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
        return folder / CASE


def fact(number, **changes):
    about = {
        "case": CASE,
        "at": AT + timedelta(minutes=number),
        "actor": "farewell",
        "action": "purge",
        "stage": "erase",
        "subject": f"t{number}",
        "attempt": 1,
        "outcome": "done",
        "input_hmac": "aa",
        "output_hmac": "bb",
    }
    return Fact(**{**about, **changes})


def approval(person, number):
    return Decision(
        case=CASE,
        account=ACCOUNT,
        stage=Stage.RETRIEVAL,
        step="decide_approve",
        actor=person,
        subject="erasure",
        generation=number,
        action="approve",
        details={"gate": "erasure", "digest": "sha256:erasure"},
    )


def evidence(**how):
    """Everything is written down: purges, recount, statement, package, approvals, eight entries."""
    closing = Closing(**how)
    closing.store.keep_policy(plan().commitments.policy_sha256, POLICY, AT)
    keep = closing.store.keep_document
    for duty in plan().commitments.data_sets:
        deleted = duty.erase == "delete"
        body = {"name": duty.name, "before": 9, "erased": 9 * deleted, "kept": 9 * (not deleted), "at": AT.isoformat()}
        keep(CASE, "purge", f"purge:{duty.name}", body, AT)
    counts = {duty.name: 0 if duty.erase == "delete" else 9 for duty in plan().commitments.data_sets}
    keep(CASE, "recount", "recount", {"counted": 7, "left": {}, "counts": counts}, AT)
    keep(CASE, "statement", "statement", {"statements": [], "digest": "sha256:statement"}, AT)
    keep(CASE, "manifest", "manifest", {"digest": "sha256:package"}, AT)
    keep(CASE, "key_destruction", "key", KEY_GONE, AT)
    keep(CASE, "receipts", "receipts", {"receipts": [{"system": "billing", "account": ACCOUNT}]}, AT)
    for number, person in enumerate(("bruno", "dora"), start=1):
        closing.store.decide(approval(person, number), AT)
    closing.happened(8)
    return closing
