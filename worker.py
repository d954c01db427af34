"""Runs workers: settings, connectors, activities, `Worker`. Nothing in a worker is state."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions
from temporalio.workflow import SandboxImportNotificationPolicy

from activities.access import AccessActivities
from activities.billing import BillingActivities
from activities.briefing import BriefingActivities
from activities.cases import CaseActivities
from activities.catalogue import Catalogue
from activities.catalogue_faults import faults
from activities.contract import ContractActivities
from activities.erasure import ErasureActivities
from activities.evidence import EvidenceActivities
from activities.export import ExportActivities
from activities.follow_ups import FollowUpActivities
from activities.keys import KeyActivities, sweep
from activities.ledger import LedgerInterceptor
from activities.messaging import MessagingActivities
from activities.offers import OfferActivities
from activities.planning import PlanningActivities
from activities.trials import TrialActivities
from connectors.codec import unseal_bytes
from connectors.configuration import refuse_faults
from connectors.errors import ConnectorError, Gone
from connectors.opening import Connections, connect_temporal, opened
from models.keys import KeyScope
from rules.links import links_of
from rules.policy_check import findings
from rules.signature import public_key
from workflows.closing import ClosingWorkflow
from workflows.export import ExportWorkflow
from workflows.follow_up import FollowUpWorkflow
from workflows.offboarding import OffboardingWorkflow

THREADS = 16
GRACE = timedelta(seconds=20)
SWEEP = timedelta(hours=1)
OF_WORKFLOW_TASKS = "temporalio.worker._workflow"  # the SDK's logger
WORKFLOWS: Sequence[type] = (OffboardingWorkflow, ClosingWorkflow, FollowUpWorkflow)


def case_activities(c: Connections) -> list[Any]:
    """Every activity of queue `offboarding`, on the adapters that the settings name."""
    planning = PlanningActivities(
        directory=c.directory,
        product=c.product,
        billing=c.billing,
        identity=c.identity,
        access=c.access,
        store=c.cases,
        policy=c.policy,
        inventory=c.inventory,
    )
    messaging = MessagingActivities(
        directory=c.directory,
        store=c.cases,
        outbox=c.outbox,
        messenger=c.messenger,
        policy=c.policy,
        inventory=c.inventory,
        links=links_of(c.settings.public_url, c.settings.link_key),
        catalogue=Catalogue(c.settings.messages_folder),
        suppression=c.suppression,
        has_webhook=bool(c.settings.messages_webhook_url),
    )
    return [
        *methods(planning, "make_plan"),
        *methods(CaseActivities(store=c.cases, directory=c.directory, offers=c.offers)),
        *methods(OfferActivities(directory=c.directory, store=c.cases, offers=c.offers)),
        *methods(ContractActivities(contracts=c.contracts, store=c.cases)),
        *methods(BillingActivities(billing=c.billing, store=c.cases, directory=c.directory)),
        *methods(AccessActivities(identity=c.identity, access=c.access, store=c.cases, keys=c.keys, policy=c.policy)),
        *methods(messaging),
        *methods(FollowUpActivities(directory=c.directory, store=c.cases, outbox=c.outbox, suppression=c.suppression)),
        *methods(our_people(c)),
        *proof_activities(c),
        *methods(TrialActivities(objects=c.objects, bucket=c.settings.s3_export_bucket)),
    ]


def our_people(c: Connections) -> BriefingActivities:
    """Writes to the account's manager and to the teams that the policy names."""
    return BriefingActivities(
        directory=c.directory,
        store=c.cases,
        outbox=c.outbox,
        messenger=c.messenger,
        policy=c.policy,
        inventory=c.inventory,
        catalogue=Catalogue(c.settings.messages_folder),
    )


def proof_activities(c: Connections) -> list[Any]:
    """Those of them that erase, prove it, and end the account's key."""
    erasure = ErasureActivities(
        product=c.product,
        objects=c.objects,
        directory=c.directory,
        identity=c.identity,
        access=c.access,
        processors=c.processors,
        store=c.cases,
        inventory=c.inventory,
        files_bucket=c.settings.s3_files_bucket,
        export_bucket=c.settings.s3_export_bucket,
    )
    evidence = EvidenceActivities(
        objects=c.objects,
        ledger=c.ledger,
        store=c.cases,
        keys=c.keys,
        histories=c.histories,
        signer=c.settings.signing_key.get_secret_value(),
        policy=c.policy,
        bucket=c.settings.s3_evidence_bucket,
    )
    keys = KeyActivities(keys=c.keys, store=c.cases, histories=c.histories, unseal=partial(unseal_bytes, c.keys))
    return [*methods(erasure), *methods(evidence), *methods(keys)]


def export_activities(c: Connections) -> list[Any]:
    """Every activity of queue `export`; `drop_package` is the case's, too."""
    return methods(
        ExportActivities(
            objects=c.objects,
            product=c.product,
            store=c.cases,
            directory=c.directory,
            inventory=c.inventory,
            bucket=c.settings.s3_export_bucket,
            files_bucket=c.settings.s3_files_bucket,
            policy=c.policy,
        )
    )


def methods(activities: object, *names: str) -> list[Any]:
    """The activities of an instance: its methods that are defined as such, or those named."""
    found = [getattr(activities, name) for name in names or dir(activities) if not name.startswith("_")]
    return [method for method in found if hasattr(method, "__temporal_activity_definition")]


def workers(client: Client, c: Connections) -> list[Worker]:
    """The workers of both queues, in one process here, in as many as one likes in production."""
    logging.getLogger(OF_WORKFLOW_TASKS).addFilter(SaidOnce())
    threads = ThreadPoolExecutor(THREADS)
    about: dict[str, Any] = {
        "activity_executor": threads,
        "max_concurrent_activities": THREADS // 2,
        "graceful_shutdown_timeout": GRACE,
        "max_heartbeat_throttle_interval": timedelta(seconds=1),
        "interceptors": [LedgerInterceptor(c.ledger, c.keys)],
        "workflow_runner": strict_sandbox(),
    }
    export = export_activities(c)
    drop = [method for method in export if method.__name__ == "drop_package"]
    return [
        Worker(
            client,
            task_queue="offboarding",
            workflows=list(WORKFLOWS),
            activities=[*case_activities(c), *drop],
            **about,
        ),
        Worker(client, task_queue="export", workflows=[ExportWorkflow], activities=export, **about),
    ]


class SaidOnce(logging.Filter):
    """Who asks a workflow whose key was destroyed is refused, as promised: a line says so, and no stack traces."""

    def __init__(self) -> None:
        super().__init__()
        self._runs: set[str] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Only the first record of such a run, shortened; the SDK's others are consequences."""
        run = str(record.args[0]) if isinstance(record.args, tuple) and record.args else ""
        error = record.exc_info[1] if record.exc_info else None
        if run in self._runs:
            return False
        if run and isinstance(error, Gone):
            self._runs.add(run)
            record.msg, record.args, record.exc_info = f"{record.getMessage()}: {error}", (), None
        return True


def strict_sandbox() -> SandboxedWorkflowRunner:
    """A workflow that imports what nobody passed through on purpose fails at start."""
    policy = SandboxImportNotificationPolicy.RAISE_ON_UNINTENTIONAL_PASSTHROUGH
    restrictions = SandboxRestrictions.default
    return SandboxedWorkflowRunner(restrictions=restrictions.with_import_notification_policy(policy))


def check(c: Connections) -> None:
    """Refuses to start where a case would get stuck, or evidence couldn't be sealed.

    Raises:
        WrongSetting, ConnectorError: what is wrong and how to mend it.
    """
    c.objects.check(c.settings.s3_export_bucket, locked=False)
    c.objects.check(c.settings.s3_evidence_bucket, locked=True)
    for needed in ("policy", "inventory", "keys", "product", "processors", "access", "contracts", "messenger"):
        getattr(c, needed)
    refuse_faults("FAREWELL_POLICY_FILE", findings(c.policy), "farewell policy check")
    if c.settings.messages_folder:
        refuse_faults("FAREWELL_MESSAGES_FOLDER", faults(c.settings.messages_folder), "farewell message check")
    refuse_lost_keys(c)
    c.keys.check()
    c.keys.publish(public_key(c.signer))


def refuse_lost_keys(c: Connections) -> None:
    """Where an exit runs, its account has a key, or had one: a folder that isn't mounted looks like a new store.

    Raises:
        NotFound: it has none: a new one of the same id would be made beside it, and open nothing.
    """
    for case in c.cases.cases():
        if case["ended_at"] is None:
            with suppress(Gone):
                c.keys.opening(f"{KeyScope.of_account(case['account'])}/1")


async def run(client: Client, c: Connections, stop: asyncio.Event) -> None:
    """Runs until `stop`, then lets what runs finish; raises what `check` does."""
    await asyncio.to_thread(check, c)
    pool = workers(client, c)
    running = [asyncio.create_task(worker.run()) for worker in pool]
    stopping, sweeping = asyncio.create_task(stop.wait()), asyncio.create_task(sweep_keys(c))
    await asyncio.wait([*running, stopping], return_when=asyncio.FIRST_COMPLETED)
    sweeping.cancel()
    await asyncio.gather(*(worker.shutdown() for worker in pool))
    await asyncio.gather(*running)


async def sweep_keys(c: Connections) -> None:
    """Destroys keys that nobody needs any more, at once and then every hour; what hinders it is tried again then."""
    while True:
        try:
            for destroyed in await asyncio.to_thread(sweep, c.keys, c.histories, datetime.now(UTC)):
                logging.getLogger(__name__).info("destroyed the keys of %s", destroyed.scope)
        except ConnectorError as error:
            logging.getLogger(__name__).warning("the sweep of keys goes on in an hour: %s", error)
        await asyncio.sleep(SWEEP.total_seconds())


async def serve(stop: asyncio.Event) -> None:
    """Serves with the environment's settings until `stop`; raises WrongSetting or ConnectorError."""
    connections = opened()
    await run(await connect_temporal(connections.keys), connections, stop)
