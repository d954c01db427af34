"""One message: written once, delivered once, or not at all. DOMAIN messages.2, messages.5."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.messaging import MessagingActivities
from connectors.errors import Unavailable
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from models.effects import MessageRequest, MessageResult
from models.messages import Kept
from models.tables.accounts import AccountRow, ContactRow, PersonRow
from models.vocabulary import Channel, MailKind, Stage
from tests.unit.sample_mail import INVENTORY, POLICY

ACCOUNT, CASE = "acc_1", "acc_1-1"
NOW = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)


class Postman:
    """Takes what it's given, once it is open."""

    def __init__(self) -> None:
        self.taken: list[Kept] = []
        self.open = True

    def deliver(self, message: Kept) -> None:
        if not self.open:
            raise Unavailable("SMTP", "the mail server can't be reached, or hung up")
        self.taken.append(message)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    with writing(engine) as session:
        session.add(PersonRow(id="ana", name="Ana Belmonte", email="ana@bancada.example", roles=[]))
        about = {"country": "ES", "timezone": "Europe/Madrid", "language": "es"}
        session.add(
            AccountRow(
                id=ACCOUNT,
                name="Montajes Moncayo, S.L.",
                currency="EUR",
                jurisdiction="EU",
                manager="ana",
                customer_since=date(2020, 3, 9),
                yearly_value=Decimal(1),
                product_root_key="1",
                **about,
            )
        )
        session.flush()
        session.add(
            ContactRow(
                id="c1", account=ACCOUNT, kind="main", name="Lucía", email="l@m.example", language="es", timezone="UTC"
            )
        )
    yield engine
    engine.dispose()


@pytest.fixture
def postman() -> Postman:
    return Postman()


def contact(engine: Engine, **changes: object) -> None:
    with writing(engine) as session:
        session.get_one(ContactRow, "c1").sqlmodel_update(changes)


def send(engine: Engine, postman: Postman, kind: MailKind) -> MessageResult:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, scheduled_time=NOW)
    messaging = MessagingActivities(
        directory=SqlDirectory(engine),
        store=SqlCaseStore(engine),
        outbox=SqlOutbox(engine),
        messenger=postman,
        policy=POLICY,
        inventory=INVENTORY,
    )
    request = MessageRequest(case=CASE, account=ACCOUNT, stage=Stage.REQUESTED, step="send_message", kind=kind)
    return environment.run(messaging.send_message, request)


def test_a_second_attempt_sends_nothing_again(engine, postman):
    first, second = (send(engine, postman, MailKind.ACKNOWLEDGEMENT) for _ in range(2))
    assert first == second
    assert (first.message_id, first.state) == (
        f"acc_1-1.acknowledgement.1@{POLICY.sender.address.rpartition('@')[2]}",
        "sent",
    )
    assert [mail.message_id for mail in postman.taken] == [first.message_id]
    assert postman.taken[0].sent_at == NOW
    assert SqlOutbox(engine).messages(CASE)[0].sent_at == NOW


def test_after_an_outage_what_was_written_first_goes_out(engine, postman):
    postman.open = False
    with pytest.raises(Unavailable):
        send(engine, postman, MailKind.ACKNOWLEDGEMENT)
    postman.open = True
    contact(engine, name="Otra persona")
    send(engine, postman, MailKind.ACKNOWLEDGEMENT)
    assert "Hola, Lucía:" in postman.taken[0].text


@pytest.mark.parametrize("kind", ["acknowledgement", "hold", "certificate"])
def test_messages_2_what_the_law_requires_reaches_even_who_wants_no_messages(engine, postman, kind):
    contact(engine, channel=Channel.NONE)
    assert send(engine, postman, MailKind(kind)).state == "sent"


@pytest.mark.parametrize("kind", ["thanks", "survey_reminder", "welcome_back"])
def test_messages_2_nothing_else_does(engine, postman, kind):
    contact(engine, channel=Channel.NONE)
    result = send(engine, postman, MailKind(kind))
    assert (result.state, postman.taken) == ("skipped", [])
    assert "no messages" in result.why
    assert send(engine, postman, MailKind(kind)) == result


def test_messages_5_a_come_back_goes_only_to_who_said_yes(engine, postman):
    assert send(engine, postman, MailKind.COME_BACK).state == "skipped"


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.SMS, Channel.WHATSAPP])
def test_messages_2_a_channel_to_come_falls_back_to_mail_or_says_why_not(engine, postman, channel):
    contact(engine, channel=channel)
    assert send(engine, postman, MailKind.ACKNOWLEDGEMENT).state == "sent"
    contact(engine, email=None)
    result = send(engine, postman, MailKind.HOLD)
    assert (result.state, result.why) == ("skipped", f"the {channel} channel comes with a later release; use email")


def test_a_language_without_catalogue_is_told_in_the_result(engine, postman):
    contact(engine, language="pt")
    assert "no mails are written in pt" in send(engine, postman, MailKind.ACKNOWLEDGEMENT).why
    assert postman.taken[0].language == "en"
