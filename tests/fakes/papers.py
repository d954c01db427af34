"""A small case: its inventory, its plan, its request."""

from datetime import UTC, datetime
from pathlib import Path

from models.closing import EvidenceRequest
from models.inventory import Inventory
from models.ledger import digest
from models.plan import Commitments, Duties, Estimates, Plan, PlannedDate, PlannedMessage
from models.policy import read_policy
from models.vocabulary import Mode, Stage

POLICY = read_policy(Path(__file__).parents[2] / "policy.toml")
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
CASE, ACCOUNT = "acme-1", "acme"
INVENTORY = Inventory.model_validate(
    {
        "root": "org",
        "data_set": [
            {"name": "task", "table": "task", "key": ["id"]},
            {"name": "event", "table": "event", "key": ["id"], "erase": "mask", "mask": {"note": "gone"}},
            {
                "name": "invoice",
                "table": "invoice",
                "key": ["id"],
                "erase": "retain",
                "retain": {"ground": "tax", "years": 6},
            },
        ],
        "file_set": [{"name": "attachments", "prefix": "uploads/{account}/"}],
        "own": [{"name": "package"}, {"name": "users"}, {"name": "notes"}],
    }
)


def _duty(name, erase="delete", ground=None):
    return Duties(name=name, export=True, erase=erase, ground=ground)


def _commitments():
    dates = {"requested": AT, "effective_date": AT, "erasure": AT, "backups_expire": datetime(2026, 4, 5, tzinfo=UTC)}
    return Commitments(
        account=ACCOUNT,
        mode=Mode.STOP,
        jurisdiction="EU",
        policy="2026-11",
        policy_sha256=digest(POLICY.model_dump(mode="json")),
        inventory_sha256=digest(INVENTORY.model_dump(mode="json")),
        timezone="Europe/Madrid",
        dates={name: PlannedDate(at=at, rule="dates.2", citation="house policy") for name, at in dates.items()},
        data_sets=(
            _duty("files/attachments"),
            _duty("task"),
            _duty("event", "mask"),
            _duty("invoice", "retain", "tax"),
            _duty("own/package"),
            _duty("own/users"),
            _duty("own/notes"),
        ),
        gates={"plan": 1, "erasure": 2},
    )


def _estimates():
    mail = PlannedMessage(kind="goodbye", channel="email", language="es", send_at=AT, subject="Adiós, Acme Corporation")
    return Estimates(rows={}, users=3, credentials={}, statement=(), messages=(mail,))


def plan():
    commitments = _commitments()
    return Plan(
        hash=digest(commitments.model_dump(mode="json")),
        commitments=commitments,
        estimates=_estimates(),
        approvals_required={"plan": 1, "erasure": 2},
    )


def evidence_request(step, workflows=("offboarding-acme-1",)):
    return EvidenceRequest(
        case=CASE,
        account=ACCOUNT,
        stage=Stage.CERTIFY,
        step=step,
        plan_hash=plan().hash,
        opened_at=AT,
        workflows=workflows,
    )
