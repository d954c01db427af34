"""One customer and one case in a database, and a postman: for tests of messages."""

import base64
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from sqlalchemy import Engine
from temporalio.testing import ActivityEnvironment

from activities.messaging import MessagingActivities
from connectors.errors import Unavailable
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from models.effects import MessageRequest, MessageResult
from models.messages import Kept
from models.tables.accounts import AccountRow, ContactRow, PersonRow
from models.vocabulary import MailKind, Stage
from rules.links import Links
from tests.unit.sample_mail import INVENTORY, POLICY

ACCOUNT, CASE = "acc_1", "acc_1-1"
NOW = datetime(2026, 11, 5, 10, 0, tzinfo=UTC)
LINKS = Links("https://exit.bancada.example", base64.b64encode(bytes(range(32))).decode())


class Postman:
    """Takes what it's given, once it is open; `says` is raised when it has."""

    def __init__(self) -> None:
        self.taken: list[Kept] = []
        self.open = True
        self.says: Exception | None = None

    def deliver(self, message: Kept) -> None:
        if not self.open:
            raise Unavailable("SMTP", "the mail server can't be reached, or hung up")
        self.taken.append(message)
        if self.says is not None:
            raise self.says


class Suppressed:
    """The list of who isn't written to."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = addresses

    def holds(self, address: str) -> str | None:
        return "opt_out" if address in self._addresses else None


NOBODY = Suppressed()


def settle_in(engine: Engine) -> None:
    """The customer, with a contact whose clock is UTC."""
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


def contact(engine: Engine, **changes: object) -> None:
    with writing(engine) as session:
        session.get_one(ContactRow, "c1").sqlmodel_update(changes)


def messaging(engine: Engine, postman: Postman, **changes: object) -> MessagingActivities:
    return MessagingActivities(
        directory=SqlDirectory(engine),
        store=SqlCaseStore(engine),
        outbox=SqlOutbox(engine),
        messenger=postman,
        policy=POLICY,
        inventory=INVENTORY,
        **{"links": LINKS, "suppression": NOBODY, **changes},
    )


def run(activity, request, at=NOW):
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, scheduled_time=NOW, current_attempt_scheduled_time=at)
    return environment.run(activity, request)


def asked(kind: MailKind, **about) -> MessageRequest:
    request = {"case": CASE, "account": ACCOUNT, "stage": Stage.REQUESTED, "step": "send_message", "kind": kind}
    return MessageRequest(**{**request, **about})


def send(engine: Engine, postman: Postman, kind: MailKind, at=NOW, **about) -> MessageResult:
    return run(messaging(engine, postman).send_message, asked(kind, **about), at)
