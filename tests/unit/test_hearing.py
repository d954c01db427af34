"""What comes back of a message, from the webhook to list, ledger and follow-ups. Source: DOMAIN messages.5, messages.8."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook
from temporalio.service import RPCError, RPCStatusCode

from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.ledger import SqlLedger
from connectors.store.outbox import SqlOutbox
from connectors.store.suppression import SqlSuppression
from models.updates import Answer
from models.vocabulary import MailKind, Stage
from tests.contract.sample_account import add_account, draft_for, request_for
from tests.unit.incoming_mails import arf, dsn, reply
from tests.unit.sample_facts import POLICY
from web.mail import LARGEST_BYTES, NONE_OF_OURS, MailWebhook

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
KEY = base64.b64encode(bytes(32)).decode()
SECRET, OLD = (f"whsec_{base64.b64encode(bytes([n]) * 32).decode()}" for n in (1, 2))
OURS = POLICY.sender.address.rpartition("@")[2]


class Temporal:
    """Takes updates, or answers with an error."""

    def __init__(self):
        self.status, self.told, self.signals = None, [], []

    def get_workflow_handle(self, workflow):
        async def execute_update(update, word, **_):
            if self.status:
                raise RPCError("away", self.status, b"")
            self.told.append((workflow, update, word.actor.id, word.ground))
            return Answer(case="", stage=Stage.RETRIEVAL, text="")

        async def signal(name, kind):
            if self.status:
                raise RPCError("away", self.status, b"")
            self.signals.append((workflow, name, kind))

        return SimpleNamespace(execute_update=execute_update, signal=signal)


class Office:
    """Our side: a case whose thanks and briefing have left, and the webhook."""

    def __init__(self, tmp_path):
        keys = FolderKeyStore(tmp_path / "keys", KEY)
        self.engine = open_engine(f"sqlite:///{tmp_path}/farewell.db", keys)
        migrate(self.engine)
        self.account = add_account(self.engine)
        self.outbox, self.ledger = SqlOutbox(self.engine), SqlLedger(self.engine)
        self.list, cases = SqlSuppression(self.engine, KEY), SqlCaseStore(self.engine)
        self.case = cases.open_case(request_for(self.account), NOW).case
        self.temporal = Temporal()
        self.at = SimpleNamespace(
            settings=SimpleNamespace(mail_webhook_secret=SecretStr(f"{OLD} {SECRET}")),
            policy=POLICY,
            outbox=self.outbox,
            cases=cases,
            ledger=self.ledger,
            keys=keys,
            suppression=self.list,
        )

    def sent(self, kind=MailKind.THANKS):
        message_id = f"{self.case}.{kind}.1@{OURS}"
        self.outbox.prepare(
            draft_for(self.account, kind).model_copy(update={"message_id": message_id, "case": self.case})
        )
        self.outbox.sent(message_id, NOW)
        return message_id

    @property
    def address(self):
        return self.outbox.reader(self.case, self.account).email

    def heard(self):
        return [(e.subject, e.actor) for e in self.ledger.entries(self.case) if e.action == "message_heard"]

    async def post(self, body, *, secret=SECRET, at=None, headers=None):
        app = FastAPI()
        MailWebhook(self.at, self.temporal, lambda: NOW).mount(app)
        now = at or datetime.now(UTC)
        signed = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", now, body),
        }
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://farewell.test") as client:
            return await client.post("/webhooks/mail", content=body, headers=signed if headers is None else headers)

    async def told(self, kind, message_id, **more):
        return await self.post(event(f"message.{kind}", message_id=message_id), **more)


def event(kind, **data):
    return json.dumps({"type": kind, "timestamp": NOW.isoformat(), "data": data})


@pytest.fixture
def office(tmp_path):
    office = Office(tmp_path)
    yield office
    office.engine.dispose()


@pytest.mark.parametrize(
    ("kind", "ground", "actor", "kept_off"),
    [
        ("bounced", "bounce", "farewell", True),
        ("complained", "complaint", "customer", True),
        ("opted_out", "opt_out", "customer", True),
        ("replied", "reply", "customer", False),
    ],
)
async def test_messages_5_what_ends_the_follow_ups_is_told_to_them_and_noted_once(
    office, kind, ground, actor, kept_off
):
    message_id, address = office.sent(), office.address
    answers = [await office.told(kind, message_id) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert set(office.temporal.told) == {(f"follow-up-{office.case}", "stop", actor, ground)}
    [(subject, who)] = office.heard()
    assert (subject, who) == (f"thanks:{ground}", actor)
    assert office.list.holds(address) == (ground if kept_off else None)


@pytest.mark.parametrize("kind", ["delayed", "auto_replied"])
async def test_messages_5_a_delay_and_a_machine_s_answer_are_noted_and_stop_nothing(office, kind):
    answer = await office.told(kind, office.sent())
    assert (answer.status_code, office.temporal.told, office.list.holds(office.address)) == (200, [], None)
    [(subject, who)] = office.heard()
    assert (subject.partition(":")[0], who) == ("thanks", "farewell")


@pytest.mark.parametrize(("raw", "ground"), [(dsn(), "bounce"), (arf(), "complaint"), (reply(), "reply")])
async def test_messages_5_whole_mails_are_read(office, raw, ground):
    message_id = office.sent()
    raw = raw.replace(b"acc_moncayo-1.thanks.1@farewell.example", message_id.encode())
    answer = await office.post(event("message.received", raw=base64.b64encode(raw).decode()))
    assert (answer.status_code, [told[-1] for told in office.temporal.told]) == (200, [ground])


async def test_messages_8_the_address_that_goes_onto_the_list_is_ours_never_the_report_s(office):
    message_id = office.sent()
    raw = dsn().replace(b"acc_moncayo-1.thanks.1@farewell.example", message_id.encode())
    raw = raw.replace(b"lucia@moncayo.example", b"victim@elsewhere.example")
    await office.post(event("message.received", raw=base64.b64encode(raw).decode()))
    assert office.list.holds("victim@elsewhere.example") is None
    assert office.list.holds(office.address) == "bounce"


async def test_what_they_must_know_and_did_not_get_is_a_task_of_the_case_once(office):
    message_id = office.sent(MailKind.STATEMENT)
    office.temporal.status = RPCStatusCode.UNAVAILABLE
    assert (await office.told("bounced", message_id)).status_code == 503
    office.temporal.status = None
    for _ in range(2):
        assert (await office.told("bounced", message_id)).status_code == 200
    workflow = office.at.cases.by_id(office.case)["workflow_id"]
    assert office.temporal.signals == [(workflow, "message_bounced", "statement")]


async def test_a_thanks_that_came_back_is_nobody_s_task(office):
    await office.told("bounced", office.sent())
    assert office.temporal.signals == []


async def test_a_bounce_in_our_own_house_is_not_the_customer_s(office):
    answer = await office.told("bounced", office.sent(MailKind.BRIEFING))
    assert (answer.status_code, office.temporal.told, office.list.holds(office.address)) == (200, [], None)
    assert [subject for subject, _ in office.heard()] == ["briefing:bounce"]


async def test_what_is_about_none_of_ours_is_heard_and_changes_nothing(office):
    for body in (event("message.bounced", message_id="x@elsewhere.example"), event("message.received", raw="")):
        answer = await office.post(body)
        assert (answer.status_code, answer.text) == (200, NONE_OF_OURS)
    assert (office.temporal.told, office.heard()) == ([], [])


async def test_follow_ups_that_have_not_begun_or_are_over_need_no_word(office):
    office.temporal.status = RPCStatusCode.NOT_FOUND
    assert (await office.told("bounced", office.sent())).status_code == 200
    assert office.list.holds(office.address) == "bounce"
    assert "stop" not in {entry.action for entry in office.ledger.entries(office.case)}


async def test_what_could_not_be_told_is_asked_for_again_and_noted_once(office):
    message_id = office.sent()
    office.temporal.status = RPCStatusCode.UNAVAILABLE
    answer = await office.told("replied", message_id)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
    office.temporal.status = None
    assert (await office.told("replied", message_id)).status_code == 200
    assert (len(office.temporal.told), len(office.heard())) == (1, 1)


async def test_messages_8_after_the_contact_is_forgotten_there_is_no_address_to_keep(office):
    message_id = office.sent()
    directory = SqlDirectory(office.engine)
    for what in ("messages", "contacts"):
        directory.erase(office.account, what)
    assert (await office.told("complained", message_id)).status_code == 200
    assert [told[-1] for told in office.temporal.told] == ["complaint"]


async def test_a_key_of_another_list_is_no_reason_to_lose_a_bounce(office):
    message_id = office.sent()
    office.list.add("somebody@else.example", "opt_out", NOW.date())
    office.at.suppression = SqlSuppression(office.engine, base64.b64encode(bytes([7]) * 32).decode())
    assert (await office.told("bounced", message_id)).status_code == 503


async def test_while_a_secret_is_replaced_either_will_do(office):
    assert (await office.told("replied", office.sent(), secret=OLD)).status_code == 200


async def test_what_is_not_signed_or_is_old_is_refused(office):
    body, other = event("message.replied", message_id=office.sent()), f"whsec_{base64.b64encode(b'x' * 32).decode()}"
    refused = [
        await office.post(body, secret=other),
        await office.post(body, at=datetime(2020, 1, 1, tzinfo=UTC)),
        await office.post(body, headers={}),
        await office.post(body, headers={"webhook-id": "1", "webhook-timestamp": "x", "webhook-signature": b"v1,\xe9"}),
        await office.post(body, headers={"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "nonsense"}),
    ]
    assert {answer.status_code for answer in refused} == {400}
    assert office.heard() == []


@pytest.mark.parametrize("body", ["no JSON", "[]", "7", "{}", '{"type": "message.bounced", "data": {}}', "[" * 90_000])
async def test_signed_but_no_event_is_refused(office, body):
    assert (await office.post(body)).status_code == 400


async def test_without_a_secret_there_is_no_such_route_and_a_flood_is_not_read(office):
    assert (await office.post("x" * (LARGEST_BYTES + 1))).status_code == 413
    office.at.settings.mail_webhook_secret = None
    assert (await office.told("replied", office.sent())).status_code == 404


async def test_nothing_of_a_body_is_logged(office, caplog):
    office.temporal.status = RPCStatusCode.UNAVAILABLE
    raw = reply().replace(b"acc_moncayo-1.thanks.1@farewell.example", office.sent().encode())
    await office.post(event("message.received", raw=base64.b64encode(raw).decode()))
    assert "lucia" not in caplog.text.lower()
