"""The months after the goodbye, in skipped time, on a real Temporal and Farewell's own database."""

import asyncio
import base64
import uuid
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from temporalio.client import Client, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.worker import Worker

from activities.cases import CaseActivities
from activities.follow_ups import FollowUpActivities
from activities.keys import KeyActivities
from activities.messaging import MessagingActivities
from connectors.errors import NotFound, Rejected, Unavailable, translated
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from connectors.store.suppression import SqlSuppression
from connectors.temporal import data_converter
from devstack import clock
from devstack.stack import EmbeddedStack
from models.account import Actor
from models.case import CaseRequest
from models.follow_ups import FollowUpRequest, FollowUpState
from models.inventory import read_inventory
from models.keys import KeyScope
from models.messages import Draft, Kept
from models.payload import Personal
from models.policy import read_policy
from models.tables.accounts import AccountRow, ContactRow, PersonRow
from models.updates import ContactPreference, ResolveTask, Stop
from models.vocabulary import Channel, MailKind, Mode, Reason, Role, StopGround, TaskOutcome
from rules.links import Links
from tests.unit.sample_plan import keep_plan
from workflows.follow_up import FollowUpWorkflow
from workflows.retries import FOR_A_WEEK

POLICY = read_policy(Path(__file__).parents[2] / "policy.toml")
INVENTORY = read_inventory(Path(__file__).parents[2] / "inventory.toml")
KEY = base64.b64encode(bytes(32)).decode()
QUEUE = f"follow-up-{uuid.uuid4()}"
ANA = Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,))
LUCIA = Actor(id="customer")
DAY = timedelta(days=1)


class Postman:
    """Takes what it's given, but kinds that it was told to refuse."""

    def __init__(self) -> None:
        self.taken: list[Kept] = []
        self.refused: set[tuple[str, MailKind]] = set()
        self.is_down, self.tries = False, 0

    def deliver(self, message: Kept) -> None:
        if self.is_down:
            self.tries += 1
            raise Unavailable("SMTP", "the mail server can't be reached, or hung up")
        if (message.case, message.kind) in self.refused:
            raise translated(Rejected("SMTP", "the mail server refused the message (550)"))
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
        links=Links("https://exit.farewell.example", KEY),
        suppression=SqlSuppression(engine, KEY),
    )
    planning = FollowUpActivities(
        directory=directory, store=store, outbox=SqlOutbox(engine), suppression=SqlSuppression(engine, KEY)
    )
    cases = CaseActivities(store=store, directory=directory)
    effects = [
        messaging.send_message,
        messaging.note_call,
        planning.plan_follow_ups,
        planning.end_follow_ups,
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
    about = {"mode": Mode.STOP, "reason": Reason.PRICE, "requested_by": "ana", "manager": "ana"}
    opening = CaseRequest(case="", account=account, language="es", channel=Channel.EMAIL, **about)
    assert SqlCaseStore(engine).open_case(opening, now).case == f"{account}-1"
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


def decided(engine: Engine, case: str) -> list[str]:
    return [decision["action"] for decision in SqlCaseStore(engine).decisions(case)]


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
    word = Stop(actor=LUCIA, reason=Personal(text="no más correos"))
    first = await handle.execute_update(FollowUpWorkflow.stop, word)
    second = await handle.execute_update(FollowUpWorkflow.stop, word)
    assert (first, first.text) == (second, "no more messages: somebody asked for it")
    await handle.signal(FollowUpWorkflow.release)
    state = await handle.result()
    assert (postman.of(case), state.stopped, state.next) == (["thanks"], "asked", None)
    assert decided(engine, case) == ["stop_follow_ups"]


async def test_messages_5_who_has_come_back_hears_no_more(client, engine, postman):
    case, _ = said_goodbye(engine)
    handle = await started(client, case)
    await handle.signal(FollowUpWorkflow.end, "reinstated")
    state = await handle.result()
    assert (state.stopped, postman.of(case)) == ("reinstated", [])
    assert decided(engine, case) == ["stop_follow_ups"]


async def test_a_mail_that_is_refused_stops_nothing(client, engine, postman):
    case, left = said_goodbye(engine, come_back=False)
    postman.refused = {(case, MailKind.THANKS)}
    handle = await started(client, case)
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 20 * DAY)
    state = await handle.result()
    assert (state.sent, state.failed) == (("survey_reminder",), ("thanks",))


async def tried_in_vain(handle: WorkflowHandle, client: Client, postman: Postman, to: datetime) -> asyncio.Task[None]:
    """The workflow's clock stands while it is being tried."""
    postman.is_down = True
    moving = asyncio.create_task(clock.move(client, [handle.id], to))
    while postman.tries < 2:  # noqa: ASYNC110  # the postman is asked in a thread
        await asyncio.sleep(0.01)
    return moving


async def test_messages_5_a_stop_is_heard_while_the_mail_server_is_down(client, engine, postman):
    case, left = said_goodbye(engine, come_back=False)
    handle = await started(client, case)
    moving = await tried_in_vain(handle, client, postman, left + 8 * DAY)
    word = Stop(actor=LUCIA, ground=StopGround.REPLY, reason=Personal(text="gracias"))
    await handle.execute_update(FollowUpWorkflow.stop, word)
    await handle.signal(FollowUpWorkflow.release)
    state = await handle.result()
    postman.is_down = False
    await moving
    assert (state.stopped, state.sent, state.failed, postman.taken) == ("reply", (), (), [])


async def test_messages_5_what_was_promised_goes_once_the_mail_server_is_back(client, engine, postman):
    case, left = said_goodbye(engine, come_back=False)
    handle = await started(client, case)
    moving = await tried_in_vain(handle, client, postman, left + 8 * DAY)
    postman.is_down = False
    await moving
    assert postman.of(case) == ["thanks"]
    await handle.signal(FollowUpWorkflow.end, "reinstated")
    assert (await handle.result()).failed == ()


def test_messages_5_a_mail_server_may_be_down_for_days():
    longest = (FOR_A_WEEK.maximum_interval or DAY).total_seconds()
    waits = (min(2.0**tried, longest) for tried in range(FOR_A_WEEK.maximum_attempts - 1))
    assert 6 * DAY < timedelta(seconds=sum(waits)) < 8 * DAY


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
    assert ((await handle.result()).stopped, postman.of(case)) == ("asked", [])
    assert decided(engine, case) == ["set_contact_preference", "stop_follow_ups"]


async def test_only_the_customer_and_an_account_manager_may_stop_it(client, engine, postman):
    case, _ = said_goodbye(engine)
    handle = await started(client, case)
    word = Stop(actor=Actor(id="eva", roles=(Role.ENGINEER,)), reason=Personal(text="x"))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(FollowUpWorkflow.stop, word)
    assert (await handle.query(FollowUpWorkflow.follow_up)).stopped is None
    await handle.signal(FollowUpWorkflow.end, "test")
    await handle.result()


@pytest.mark.parametrize("ground", [ground for ground in StopGround if ground is not StopGround.ASKED])
async def test_messages_5_each_ground_stops_it_and_the_first_one_stands(client, engine, postman, ground):
    case, left = said_goodbye(engine)
    handle = await started(client, case)
    await clock.move(client, [handle.id], left + 8 * DAY)
    ours = ground is StopGround.BOUNCE
    word = Stop(actor=Actor(id="farewell") if ours else LUCIA, ground=ground, reason=Personal(text=ground.value))
    await handle.execute_update(FollowUpWorkflow.stop, word)
    await handle.signal(FollowUpWorkflow.end, "returned")
    state = await handle.result()
    assert (postman.of(case), state.sent, state.stopped) == (["thanks"], ("thanks",), ground)
    assert decided(engine, case) == ["stop_follow_ups"]
    purged(engine, case)
    assert forgotten(engine, case)


async def test_messages_8_whose_address_is_on_the_list_gets_no_follow_up_at_all(client, engine, postman):
    case, left = said_goodbye(engine)
    SqlSuppression(engine, KEY).add("LUCIA@moncayo.example", "complaint", left.date())
    handle = await started(client, case)
    await handle.signal(FollowUpWorkflow.release)
    state = await handle.result()
    assert (state.stopped, state.sent, postman.of(case)) == ("complaint", (), [])
    assert decided(engine, case) == ["stop_follow_ups"]
    purged(engine, case)
    assert forgotten(engine, case)


async def test_messages_8_an_address_that_comes_onto_the_list_later_is_left_in_peace(client, engine, postman):
    case, left = said_goodbye(engine)
    handle = await started(client, case)
    await clock.move(client, [handle.id], left + 8 * DAY)
    SqlSuppression(engine, KEY).add("lucia@moncayo.example", "opt_out", left.date())
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 170 * DAY)
    state = await handle.result()
    assert (state.sent, state.skipped, postman.of(case)) == (("thanks",), ("survey_reminder", "come_back"), ["thanks"])
    skipped = [kept for kept in SqlOutbox(engine).messages(case) if kept.state == "skipped"]
    assert {kept.code for kept in skipped} == {"opted_out"}


async def wants_calls(client: Client, engine: Engine) -> tuple[str, datetime, WorkflowHandle]:
    case, left = said_goodbye(engine, come_back=False)
    with writing(engine) as session:
        session.get(ContactRow, f"{case.removesuffix('-1')}-main").phone = "+34 976 112 233"
    handle = await started(client, case)
    choice = ContactPreference(actor=LUCIA, channel=Channel.PHONE)
    await handle.execute_update(FollowUpWorkflow.set_contact_preference, choice)
    await clock.move(client, [handle.id], left + 8 * DAY)
    return case, left, handle


async def test_messages_2_who_wants_to_be_called_is_called_and_the_caller_says_so(client, engine, postman):
    case, left, handle = await wants_calls(client, engine)
    (task,) = (await handle.query(FollowUpWorkflow.follow_up)).tasks
    assert (task.id, task.kind, task.owner, task.blocking) == ("F1", "phone_call", "account_manager", False)
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(FollowUpWorkflow.resolve_task, made("F1", Actor(id="eva", roles=(Role.ENGINEER,))))
    with pytest.raises(WorkflowUpdateFailedError):
        await handle.execute_update(FollowUpWorkflow.resolve_task, made("F2", ANA))
    await handle.execute_update(FollowUpWorkflow.resolve_task, made("F1", ANA))
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 30 * DAY)
    state = await handle.result()
    assert (state.tasks, postman.of(case)) == ((), [])
    [thanks] = [kept for kept in SqlOutbox(engine).messages(case) if kept.kind is MailKind.THANKS]
    assert (thanks.state, thanks.channel, state.skipped) == ("sent", "phone", ("survey_reminder",))


async def test_messages_5_after_a_stop_nobody_calls_either(client, engine, postman):
    case, _, handle = await wants_calls(client, engine)
    word = Stop(actor=LUCIA, ground=StopGround.REPLY, reason=Personal(text="reply"))
    await handle.execute_update(FollowUpWorkflow.stop, word)
    await handle.signal(FollowUpWorkflow.release)
    state = await handle.result()
    [thanks] = [kept for kept in SqlOutbox(engine).messages(case) if kept.kind is MailKind.THANKS]
    assert (state.tasks, state.stopped, thanks.state, thanks.code) == ((), "reply", "skipped", "not_reached")


async def test_a_call_that_nobody_makes_ends_after_a_fortnight_and_the_contact_is_forgotten(client, engine, postman):
    case, left, handle = await wants_calls(client, engine)
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 60 * DAY)
    state = await handle.result()
    assert (state.tasks, state.stopped) == ((), None)
    purged(engine, case)
    assert forgotten(engine, case)


async def test_messages_2_hours_that_the_contact_chooses_move_what_is_to_come(client, engine, postman):
    case, left = said_goodbye(engine, come_back=False)
    handle = await started(client, case)
    choice = ContactPreference(actor=LUCIA, hours_from=16, hours_to=17)
    await handle.execute_update(FollowUpWorkflow.set_contact_preference, choice)
    await handle.signal(FollowUpWorkflow.release)
    await clock.move(client, [handle.id], left + 30 * DAY)
    await handle.result()
    arrived = [mail.sent_at.astimezone(ZoneInfo("Europe/Madrid")).hour for mail in postman.taken]
    assert arrived == [16, 16]


def made(task: str, who: Actor) -> ResolveTask:
    return ResolveTask(actor=who, task=task, outcome=TaskOutcome.DONE, reason=Personal(text="called"))
