"""The months after the goodbye, in skipped time, on a real Temporal and Farewell's own database."""

import base64
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.worker import Worker

from activities.cases import CaseActivities
from activities.keys import KeyActivities
from activities.messaging import MessagingActivities
from connectors.errors import NotFound, Rejected
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from connectors.temporal import data_converter
from devstack import clock
from devstack.stack import EmbeddedStack
from models.account import Actor
from models.follow_ups import FollowUpRequest, FollowUpState
from models.inventory import read_inventory
from models.keys import KeyScope
from models.messages import Draft, Kept
from models.payload import Personal
from models.policy import read_policy
from models.tables.accounts import AccountRow, ContactRow, PersonRow
from models.updates import ContactPreference, Undo
from models.vocabulary import Channel, MailKind, Role
from tests.unit.sample_plan import keep_plan
from workflows.follow_up import FollowUpWorkflow

POLICY = read_policy(Path(__file__).parents[2] / "policy.toml")
INVENTORY = read_inventory(Path(__file__).parents[2] / "inventory.toml")
QUEUE = f"follow-up-{uuid.uuid4()}"
ANA = Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,))
LUCIA = Actor(id="customer")
DAY = timedelta(days=1)


class Postman:
    """Takes what it's given, but kinds that it was told to refuse."""

    def __init__(self) -> None:
        self.taken: list[Kept] = []
        self.refused: set[tuple[str, MailKind]] = set()

    def deliver(self, message: Kept) -> None:
        if (message.case, message.kind) in self.refused:
            raise Rejected("SMTP", "the mail server refused the message (550)")
        self.taken.append(message)

    def of(self, case: str) -> list[MailKind]:
        return [message.kind for message in self.taken if message.case == case]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def postman() -> Postman:
    return Postman()


@pytest.fixture
def keys(tmp_path: Path) -> FolderKeyStore:
    return FolderKeyStore(tmp_path / "keys", base64.b64encode(bytes(32)).decode())


@pytest.fixture
async def client(stack: EmbeddedStack, engine: Engine, postman: Postman, keys: FolderKeyStore) -> AsyncIterator[Client]:
    client = await Client.connect(stack.environment["TEMPORAL_ADDRESS"], data_converter=data_converter(keys))
    directory, store = SqlDirectory(engine), SqlCaseStore(engine)
    messaging = MessagingActivities(
        directory=directory,
        store=store,
        outbox=SqlOutbox(engine),
        messenger=postman,
        policy=POLICY,
        inventory=INVENTORY,
    )
    cases = CaseActivities(store=store, directory=directory)
    effects = [
        messaging.send_message,
        messaging.plan_follow_ups,
        messaging.end_follow_ups,
        cases.record_decision,
        KeyActivities(keys=keys, store=store, histories=None, unseal=None).release_key,
    ]
    with ThreadPoolExecutor(8) as threads:
        async with Worker(
            client,
            task_queue=QUEUE,
            workflows=[FollowUpWorkflow],
            activities=effects,
            activity_executor=threads,
            max_concurrent_activities=8,
        ):
            yield client


def said_goodbye(engine: Engine, *, come_back: bool = True) -> tuple[str, datetime]:
    """A case whose goodbye has left, and when."""
    account, now = f"acc_{uuid.uuid4().hex[:8]}", datetime.now(UTC)
    with writing(engine) as session:
        session.add(PersonRow(id="ana", name="Ana Belmonte", email="ana@bancada.example", roles=["account_manager"]))
        session.add(
            AccountRow(
                id=account,
                name="Montajes Moncayo, S.L.",
                country="ES",
                timezone="Europe/Madrid",
                currency="EUR",
                language="es",
                jurisdiction="EU",
                manager="ana",
                customer_since=date(2020, 3, 9),
                yearly_value=Decimal(6912),
                product_root_key="1",
            )
        )
        session.flush()
        session.add(
            ContactRow(
                id=f"{account}-main",
                account=account,
                kind="main",
                name="Lucía Aznar Gracia",
                email="lucia@moncayo.example",
                language="es",
                timezone="Europe/Madrid",
                come_back=come_back,
            )
        )
    keep_plan(engine, account)
    case, outbox = f"{account}-1", SqlOutbox(engine)
    goodbye = Draft(
        message_id=f"{case}.goodbye.1@farewell.example",
        case=case,
        account=account,
        kind=MailKind.GOODBYE,
        channel=Channel.EMAIL,
        language="es",
        recipient="lucia@moncayo.example",
        sender="accounts@farewell.example",
        subject="Gracias",
        text="Gracias",
        html="Gracias",
    )
    outbox.prepare(goodbye)
    outbox.sent(goodbye.message_id, now)
    return case, now


async def started(client: Client, case: str) -> WorkflowHandle[FollowUpWorkflow, FollowUpState]:
    request = FollowUpRequest(case=case, account=case.removesuffix("-1"))
    return await client.start_workflow(FollowUpWorkflow.run, request, id=f"follow-up-{case}", task_queue=QUEUE)


def purged(engine: Engine, case: str) -> None:
    """The account's own contact is erased, as the purge does it."""
    SqlDirectory(engine).erase(case.removesuffix("-1"), "contacts")


def forgotten(engine: Engine, case: str) -> bool:
    try:
        SqlOutbox(engine).reader(case, case.removesuffix("-1"))
    except NotFound:
        return True
    return False


async def test_messages_5_the_whole_cadence_and_then_the_contact_is_forgotten(client, engine, postman, keys):
    case, left = said_goodbye(engine)
    handle = await started(client, case)
    await clock.move(client, [handle.id], left + 30 * DAY)
    purged(engine, case)
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 170 * DAY)
    state = await handle.result()
    assert state.sent == ("thanks", "survey_reminder", "come_back")
    assert postman.of(case) == list(state.sent)
    passed = [mail.sent_at.date() - left.date() for mail in postman.taken]  # they leave in the morning, whenever it was
    assert all(after >= days * DAY for after, days in zip(passed, (4, 11, 150), strict=True))
    assert all("Lucía" in mail.text and mail.marketing for mail in postman.taken)
    assert forgotten(engine, case)
    assert keys.ending() == [KeyScope.of_follow_ups(case)]


async def test_erasure_7_the_contact_stays_until_the_certificate_is_out(client, engine, postman):
    case, left = said_goodbye(engine, come_back=False)
    handle = await started(client, case)
    await clock.move(client, [handle.id], left + 60 * DAY)
    purged(engine, case)
    assert postman.of(case) == ["thanks", "survey_reminder"]
    assert not forgotten(engine, case)
    await handle.signal(FollowUpWorkflow.release)
    await handle.result()
    assert forgotten(engine, case)


async def test_messages_5_a_stop_ends_the_cadence_and_a_second_one_is_harmless(client, engine, postman):
    case, left = said_goodbye(engine)
    handle = await started(client, case)
    await clock.move(client, [handle.id], left + 8 * DAY)
    word = Undo(actor=LUCIA, reason=Personal(text="no más correos"))
    first = await handle.execute_update(FollowUpWorkflow.stop, word)
    second = await handle.execute_update(FollowUpWorkflow.stop, word)
    assert (first, first.text) == (second, "no more messages: stopped by customer")
    await handle.signal(FollowUpWorkflow.release)
    state = await handle.result()
    assert (postman.of(case), state.stopped, state.next) == (["thanks"], "customer", None)
    assert [decision["action"] for decision in SqlCaseStore(engine).decisions(case)] == ["stop_follow_ups"]


async def test_messages_5_who_has_come_back_hears_no_more(client, engine, postman):
    case, _ = said_goodbye(engine)
    handle = await started(client, case)
    await handle.signal(FollowUpWorkflow.end, "reinstated")
    state = await handle.result()
    assert (state.stopped, postman.of(case)) == ("reinstated", [])


async def test_a_mail_that_is_refused_stops_nothing(client, engine, postman):
    case, left = said_goodbye(engine, come_back=False)
    postman.refused = {(case, MailKind.THANKS)}
    handle = await started(client, case)
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 20 * DAY)
    state = await handle.result()
    assert (state.sent, state.failed) == (("survey_reminder",), ("thanks",))


async def test_messages_2_a_change_of_mind_about_hearing_from_us_counts(client, engine, postman):
    case, left = said_goodbye(engine, come_back=True)
    handle = await started(client, case)
    no = ContactPreference(actor=ANA, come_back=False, language="en")
    await handle.execute_update(FollowUpWorkflow.set_contact_preference, no)
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 20 * DAY)
    state = await handle.result()
    assert state.sent == ("thanks", "survey_reminder")
    assert {mail.language for mail in postman.taken} == {"en"}


async def test_messages_2_no_channel_means_no_follow_up(client, engine, postman):
    case, _ = said_goodbye(engine)
    handle = await started(client, case)
    none = ContactPreference(actor=LUCIA, channel=Channel.NONE)
    await handle.execute_update(FollowUpWorkflow.set_contact_preference, none)
    await handle.signal(FollowUpWorkflow.release)
    assert ((await handle.result()).stopped, postman.of(case)) == ("customer", [])


async def test_only_the_customer_and_an_account_manager_may_stop_it(client, engine, postman):
    case, _ = said_goodbye(engine)
    handle = await started(client, case)
    word = Undo(actor=Actor(id="eva", roles=(Role.ENGINEER,)), reason=Personal(text="x"))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(FollowUpWorkflow.stop, word)
    assert (await handle.query(FollowUpWorkflow.follow_up)).stopped is None
    await handle.signal(FollowUpWorkflow.end, "test")
    await handle.result()
