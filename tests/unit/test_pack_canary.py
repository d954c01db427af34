"""No personal data under a lock: canaries wherever a person could have written, none in pack or supplement. TRUST 6."""

import base64
import json

import pytest

from models.money import Statement, StatementLine
from models.plan import Blocker, PlannedMessage
from tests.fakes.packs import KEY_GONE, evidence, fact
from tests.fakes.papers import AT, CASE, plan
from tests.unit.pdf_words import words

CANARY = "Eva Canaria"
ADDRESS = "eva@canaria.example"
ONE_WORD = "Evacanaria"


def payload(value):
    return {
        "metadata": {"encoding": base64.b64encode(b"json/plain").decode()},
        "data": base64.b64encode(json.dumps(value).encode()).decode(),
    }


HISTORY = {
    "events": [
        {
            "eventId": "1",
            "identity": f"7@{CANARY}",
            "workflowExecutionStartedEventAttributes": {
                "input": {"payloads": [payload({"case": CASE, "reason": {"text": CANARY, "hmac": None}})]},
                "taskQueue": {"name": f"7@{ADDRESS}", "kind": "TASK_QUEUE_KIND_STICKY"},
            },
            "userMetadata": {"summary": payload(f"writes to {CANARY}")},
        },
        {
            "eventId": "2",
            "activityTaskFailedEventAttributes": {
                "failure": {
                    "message": ADDRESS,
                    "stackTrace": f'File "x.py", line 1\n{CANARY}',
                    "cause": {"message": f"550 {ADDRESS} unknown", "applicationFailureInfo": {"type": "Rejected"}},
                    "applicationFailureInfo": {"details": {"payloads": [payload({"what": f"no {CANARY}"})]}},
                }
            },
        },
        {
            "eventId": "3",
            "activityTaskScheduledEventAttributes": {"input": {"payloads": [payload({"cause": ADDRESS})]}},
        },
        {
            "eventId": "3",
            "activityTaskCompletedEventAttributes": {
                "result": {"payloads": [payload({"differences": [{"line": ONE_WORD, "expected": "0"}]})]}
            },
        },
        {"eventId": "4", "workflowExecutionTerminatedEventAttributes": {"reason": CANARY}},
    ]
}


@pytest.fixture(scope="module")
def everything():
    """All that is sealed of a case in which a person's name stands wherever one can be written."""
    closing = evidence()
    line = StatementLine(kind="charge", description=f"Seat of {CANARY}", amount="1", reference="F-1")
    statement = Statement(currency="EUR", lines=(line,), total="1").model_dump(mode="json")
    closing.store.kept["statement"][2]["statements"].append(statement)
    receipt = {"system": "crm", "subject": CANARY, "reference": ADDRESS, "count": 1}
    closing.store.kept["receipts"][2]["receipts"].append(receipt)
    mail = PlannedMessage(kind="goodbye", channel="email", language="es", send_at=AT, subject=f"Adiós, {CANARY}")
    blocker = Blocker(code="no_contact", text=CANARY, fix=ADDRESS)
    estimates = plan().estimates.model_copy(update={"messages": (mail,), "statement": (Statement(**statement),)})
    closing.store.the_plan = plan().model_copy(update={"estimates": estimates, "blockers": (blocker,)})
    closing.histories.runs = lambda workflow: [HISTORY]
    for name in ("collect_histories", "sign_certificate", "seal_pack"):
        closing.run(name)
    closing.ledger.append(fact(9), None)
    closing.watched("backups", 1)
    return closing.objects.buckets["evidence"]


def test_audit_1_nothing_personal_is_under_the_lock(everything):
    for path, body in everything.items():
        said = words(body) if path.endswith(".pdf") else body.decode() + decoded(body)
        assert not [canary for canary in ("Canaria", "canaria") if canary in said], path


def test_what_is_no_personal_data_is_still_there(everything):
    history = json.loads(everything[f"{CASE}/data/histories/offboarding-acme-1.json"])
    failure = history["events"][1]["activityTaskFailedEventAttributes"]["failure"]
    assert failure["cause"]["applicationFailureInfo"]["type"] == "Rejected"
    (statement,) = json.loads(everything[f"{CASE}/data/statement.json"])
    assert statement["lines"] == [
        {"kind": "charge", "amount": "1", "reference": "F-1", "tax": "0", "tax_rate": "0"},
    ]
    assert KEY_GONE["ids"][0] in words(everything[f"{CASE}/data/certificate.pdf"])


def decoded(body):
    """What hides in base64: the payloads of histories, and what is signed."""
    found = []
    for word in body.replace(b".", b'"').split(b'"'):
        try:
            found.append(base64.urlsafe_b64decode(word + b"=" * (-len(word) % 4)).decode())
        except ValueError:
            continue
    return "".join(found)
