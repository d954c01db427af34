"""Who reads our messages."""

from sqlmodel import Session, select

from connectors.errors import NotFound
from models.messages import Reader
from models.tables.accounts import AccountRow, ContactRow, PersonRow

OF_CONTACT = {"name", "email", "phone", "language", "channel", "timezone", "hours_from", "hours_to"}


def reader_of(session: Session, account: str) -> Reader:
    """The main contact, signed to by the account's manager. Raises NotFound: no such account, or no main contact."""
    row = session.get(AccountRow, account)
    if row is None:
        raise NotFound("accounts", f"there is no account {account}", "`farewell accounts` lists them")
    main = select(ContactRow).where(ContactRow.account == account, ContactRow.kind == "main")
    contact = session.exec(main.order_by(ContactRow.id).limit(1)).first()
    if contact is None:
        raise NotFound("accounts", f"{account} has no main contact", "import one")
    manager = session.get(PersonRow, row.manager)
    return Reader(
        **contact.model_dump(include=OF_CONTACT),
        country=row.country,
        account_name=row.name,
        signed_by=manager.name if manager else row.manager,
        customer_since=row.customer_since,
        come_back=contact.come_back and not contact.opted_out,
    )
