"""Two live attempts at every effect that costs, at the same moment, on real servers: it happens once."""

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, select
from temporalio.testing import ActivityEnvironment

from activities.ledger import record_refusal
from connectors.errors import Transient
from connectors.opening import Connections, connect_temporal, settings
from devstack.stack import EmbeddedStack
from models.case import CaseRequest, Decision, PlanRequest
from models.closing import EvidenceRequest
from models.effects import AtRequest, PurgeRequest, RecountRequest
from models.exporting import CommitRequest, PackageRequest, PartRequest
from models.plan import Plan
from models.settling import ChargeWatchRequest
from models.settling import StatementRequest as Statement
from models.tables.billing import CounterDocumentRow
from models.vocabulary import Channel, Mode, Reason, Stage
from tests.faults.effects import ACCOUNT, CASE
from tests.faults.end_state import versions
from tests.faults.exits import give_it_a_large_logo
from worker import case_activities, export_activities

NOW = datetime.now(UTC)
_MOST = 5  # attempts
HISTORY = f"{CASE}/data/histories/offboarding-{CASE}.json"


class Twins:
    """The activities on real adapters, each run by two attempts at once."""

    def __init__(self, connections: Connections) -> None:
        self.at = connections
        self._activities = {each.__name__: each for each in self._all()}
        self.plan = self._planned()

    def __call__(self, kind: type[Any], step: str, **fields: Any) -> list[Any]:
        """What both attempts answer."""
        request = kind(case=CASE, account=ACCOUNT, stage=Stage.EXPORT, step=step, **fields)
        start = threading.Barrier(2)

        def attempt(_: int) -> Any:
            environment = ActivityEnvironment()
            environment.info = replace(environment.info, scheduled_time=NOW)
            start.wait()
            for _ in range(_MOST - 1):
                with suppress(Transient):  # the other one was quicker: Temporal would try again, too
                    return environment.run(self._activities[step], request)
            return environment.run(self._activities[step], request)

        with ThreadPoolExecutor(2) as both:
            return list(both.map(attempt, range(2)))

    def _all(self) -> list[Any]:
        return [*case_activities(self.at), *export_activities(self.at)]

    def _planned(self) -> Plan:
        about: dict[str, Any] = {"mode": Mode.STOP, "reason": Reason.PRICE, "requested_by": "ana", "manager": "ana"}
        self.at.cases.open_case(
            CaseRequest(case="", account=ACCOUNT, language="en", channel=Channel.EMAIL, **about), NOW
        )
        self(PlanRequest, "make_plan", mode=Mode.STOP)
        (plan,) = self.at.cases.plans(CASE)
        return plan


@pytest.fixture(scope="module")
def twins(stack: EmbeddedStack, homes: Callable[[str], Path]) -> Iterator[Twins]:
    home = homes("twins")
    give_it_a_large_logo(home / "product.db")
    with pytest.MonkeyPatch.context() as patched:
        for name, value in stack.environment.items():
            patched.setenv(name, value)
        patched.setenv("FAREWELL_DATABASE_URL", f"sqlite:///{home / 'farewell.db'}")
        patched.setenv("FAREWELL_PRODUCT_DATABASE_URL", f"sqlite:///{home / 'product.db'}")
        patched.setenv("FAREWELL_KEYS", str(home / "keys" / "store"))
        patched.setenv("FAREWELL_MASTER_KEY_FILE", str(home / "keys" / "master.key"))
        twins = Twins(Connections(settings()))
        yield twins
        twins.at.engine.dispose()


def test_a_package_written_by_two_is_one_package_that_verifies(twins: Twins) -> None:
    about = {"plan_hash": twins.plan.hash}
    planned, again = twins(PackageRequest, "plan_package", **about)
    assert planned == again
    tables = _one(twins(PackageRequest, "export_tables", **about)).parts
    files = [_one(twins(PartRequest, "export_files", subject=name, **about)) for name in planned.file_sets]
    twins(CommitRequest, "commit_package", parts=(*tables, *files), **about)
    verified = _one(twins(CommitRequest, "verify_package", parts=(*tables, *files), **about))
    bucket = twins.at.settings.s3_export_bucket
    assert verified.package.rows == sum(part.rows for part in tables)
    assert set(versions(twins.at, bucket, f"{ACCOUNT}/").values()) == {1}
    assert "Uploads" not in twins.at.objects._client.list_multipart_uploads(Bucket=bucket)


@pytest.fixture(scope="module")
def settled(twins: Twins) -> tuple[Any, Any, Any]:
    """Charges frozen, statement closed, late charges looked for; each test may be run alone."""
    end = twins.plan.commitments.dates["billing_end"].at
    about = {"plan_hash": twins.plan.hash}
    frozen = _one(twins(AtRequest, "freeze_charges", at=end))
    result = _one(twins(Statement, "close_statement", billing_end=end, **about))
    return frozen, result, _one(twins(ChargeWatchRequest, "watch_charges", since=end, **about))


@pytest.fixture(scope="module")
def erased(twins: Twins, settled: tuple[Any, Any, Any]) -> tuple[list[Any], Any]:
    """Everything of the plan, and counted again."""
    assert settled
    about = {"plan_hash": twins.plan.hash}
    purged = [
        _one(twins(PurgeRequest, "purge", subject=duties.name, **about)) for duties in twins.plan.commitments.data_sets
    ]
    return purged, _one(twins(RecountRequest, "recount", **about))


def test_money_settled_by_two_moves_once(twins: Twins, settled: tuple[Any, Any, Any]) -> None:
    frozen, result, watched = settled
    (statement,) = twins.at.cases.documents(CASE, "statement")
    assert (result.closed, result.differing, watched.found) == (True, 0, 0)
    assert "freeze" in frozen.text
    with Session(twins.at.engine) as session:
        made = session.exec(select(CounterDocumentRow).where(CounterDocumentRow.account == ACCOUNT)).all()
    documents = [document for document in statement["documents"] if document["kind"] != "charge"]
    assert Counter(row.kind for row in made) == Counter(document["kind"] for document in documents)
    assert any(row.kind == "refund" for row in made)


def test_rows_erased_by_two_are_counted_once(erased: tuple[list[Any], Any]) -> None:
    purged, recount = erased
    assert purged
    assert all(each.before == each.erased + each.kept for each in purged)
    assert recount.left == {}


@pytest.mark.usefixtures("erased")
def test_a_pack_sealed_by_two_has_one_version_of_each_file(twins: Twins) -> None:
    at, bucket = twins.at, twins.at.settings.s3_evidence_bucket
    decision = Decision(case=CASE, account=ACCOUNT, stage=Stage.ERASE, step="withdraw", actor="ana", action="withdraw")
    record_refusal(at.ledger, at.keys, decision, "it is past the pivot", NOW)
    at.objects.put(bucket, HISTORY, b"{}")
    about = {"plan_hash": twins.plan.hash, "opened_at": NOW}
    asyncio.run(_leave_a_payload(at))
    destroyed = _one(twins(EvidenceRequest, "destroy_account_key", **about))
    assert destroyed.ids == (f"account/{ACCOUNT}/1",)
    _one(twins(EvidenceRequest, "sign_certificate", **about))
    sealed = _one(twins(EvidenceRequest, "seal_pack", **about))
    assert sealed.entries == 1
    found = versions(at, bucket, f"{CASE}/")
    assert f"{CASE}/seal.jws" in found
    assert set(found.values()) == {1}


async def _leave_a_payload(at: Connections) -> None:
    """What the destroyed key is tried on: the case's own start, which no worker here takes."""
    client = await connect_temporal(at.keys)
    await client.start_workflow("OffboardingWorkflow", CASE, id=f"offboarding-{CASE}", task_queue="nobody")


def _one(answers: list[Any]) -> Any:
    """Both attempts answer the same."""
    first, second = answers
    assert first == second
    return first
