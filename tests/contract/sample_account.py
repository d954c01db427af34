"""One account with everything that the store keeps of one."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count

from sqlalchemy import Engine

from connectors.store.sessions import writing
from models.account import Actor
from models.case import CaseRequest
from models.messages import Attachment, Draft
from models.tables.accounts import AccountRow, ContactRow, ContractRow, PersonRow
from models.vocabulary import Channel, MailKind, Mode, Reason, Role

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
DORA = Actor(id="dora", roles=(Role.COMPLIANCE,))
DAVID = Actor(id="david", roles=(Role.COMPLIANCE, Role.APPROVER))
ANA = Actor(id="ana", roles=(Role.ACCOUNT_MANAGER,))
_numbers = count(1)


def new_id() -> str:
    """An account id that no other test uses."""
    return f"acc-{next(_numbers)}"


def add_account(engine: Engine) -> str:
    """An account with a main and a billing contact and one contract; its id."""
    account = new_id()
    with writing(engine) as session:
        if session.get(PersonRow, "ana") is None:
            session.add(PersonRow(id="ana", name="Ana Ruiz", email="ana@ours.example", roles=["account_manager"]))
        session.add(
            AccountRow(
                id=account,
                name="Faro Studio",
                country="ES",
                timezone="Europe/Madrid",
                currency="EUR",
                language="es",
                jurisdiction="ES",
                manager="ana",
                customer_since=date(2021, 5, 4),
                yearly_value=Decimal("12000.505"),
                product_root_key="17",
            )
        )
        session.flush()
        for kind, name in (("main", "Lucía Gil"), ("billing", "Pau Roca")):
            session.add(
                ContactRow(
                    id=f"{account}-{kind}",
                    account=account,
                    kind=kind,
                    name=name,
                    email=f"{kind}@faro.example",
                    language="es",
                    timezone="Europe/Madrid",
                )
            )
        session.add(
            ContractRow(
                id=f"{account}-c", account=account, title="Team", started_on=date(2021, 5, 4), signatories=["x"]
            )
        )
    return account


def request_for(account: str) -> CaseRequest:
    """A request to stop, whose case has no id yet."""
    return CaseRequest(
        case="",
        account=account,
        mode=Mode.STOP,
        reason=Reason.PRICE,
        requested_by="ana",
        manager="ana",
        effective_on=date(2026, 6, 1),
        language="es",
        channel=Channel.EMAIL,
    )


def draft_for(account: str, kind: MailKind = MailKind.NOTICE) -> Draft:
    """A message to the main contact in the account's first case."""
    return Draft(
        message_id=f"<{account}-1.{kind}.1@ours.example>",
        case=f"{account}-1",
        account=account,
        kind=kind,
        channel=Channel.EMAIL,
        language="es",
        recipient="main@faro.example",
        sender="ana@ours.example",
        subject="Hasta pronto",
        text="Hola",
        html="<p>Hola</p>",
        attachments=(Attachment.of("carta.pdf", "application/pdf", b"%PDF"),),
    )
