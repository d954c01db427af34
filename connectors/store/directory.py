"""Accounts, contacts, contracts and our own people in Farewell's own database."""

from collections.abc import Mapping

from sqlalchemy import Engine
from sqlmodel import col, select

from connectors.errors import NotFound
from connectors.store.facts import all_facts
from connectors.store.own import empty, holding, mask
from connectors.store.readers import reader_of
from connectors.store.sessions import keep_once, reading, writing
from models.account import AccountFacts, Person
from models.tables.accounts import AccountRow, ContactRow, PersonRow
from models.tables.messages import FollowUpContactRow

_QUIET = ("come_back", "hear_of_products", "would_recommend")
PREFERENCES = frozenset({"channel", "language", "hours_from", "hours_to", *_QUIET})


class SqlDirectory:
    """The port `Directory`."""

    def __init__(self, engine: Engine) -> None:
        """The schema must be migrated."""
        self._engine = engine

    def facts(self, account: str) -> AccountFacts:
        """All of an account that a plan needs; raises NotFound."""
        with reading(self._engine) as session:
            found = all_facts(session, account)
        if not found:
            raise NotFound("accounts", f"there is no account {account}", "`farewell accounts` lists them")
        return found[0]

    def accounts(self) -> list[AccountFacts]:
        """Every account, by id."""
        with reading(self._engine) as session:
            return all_facts(session)

    def billed_as(self, billing_id: str) -> list[str]:
        """The accounts that are this customer at the payment provider."""
        asked = select(AccountRow.id).where(AccountRow.billing_id == billing_id)
        with reading(self._engine) as session:
            return list(session.exec(asked.order_by(AccountRow.id)))

    def person(self, person: str) -> Person:
        """One of ours; raises NotFound."""
        with reading(self._engine) as session:
            row = session.get(PersonRow, person)
            if row is None:
                raise NotFound("people", f"{person} isn't one of our people", "import them, or correct --as")
            return Person.model_validate(row.model_dump())

    def prefer(self, account: str, choice: Mapping[str, str | bool | int]) -> None:
        """Keeps how the main contact wants to be written to; what follow-ups need of it, in what is kept for them too.

        Raises:
            ValueError: a choice that isn't one of `PREFERENCES`.
        """
        if unknown := set(choice) - PREFERENCES:
            raise ValueError(f"no such preference: {', '.join(sorted(unknown))}")
        main = select(ContactRow).where(ContactRow.account == account, ContactRow.kind == "main")
        kept = select(FollowUpContactRow).where(FollowUpContactRow.account == account)
        with writing(self._engine) as session:
            for row in (*session.exec(main), *session.exec(kept)):
                row.sqlmodel_update({name: value for name, value in choice.items() if name in type(row).model_fields})

    def keep_for_follow_ups(self, case: str, account: str) -> None:
        """Sets the least apart that the follow-ups need, once. Source: DOMAIN erasure.7.

        Raises:
            NotFound: the account, or its main contact, isn't there (any more).
        """
        with writing(self._engine) as session:
            if session.get(FollowUpContactRow, case) is None:
                reader = reader_of(session, account)
                keep_once(session, FollowUpContactRow(case=case, account=account, **reader.model_dump()))

    def forget_follow_ups(self, case: str) -> None:
        """The cadence has ended: the last contact goes; again changes nothing."""
        with writing(self._engine) as session:
            for row in session.exec(select(FollowUpContactRow).where(col(FollowUpContactRow.case) == case)):
                session.delete(row)

    def erase(self, account: str, what: str) -> tuple[int, int]:
        """Erases `contacts`, `messages` or `notes`; how many still held content, and how many of them went now.

        Raises:
            ValueError: another `what`: users belong to IdentitySystem.
        """
        with writing(self._engine) as session:
            rows = holding(session, account, what)
            empty(session, rows)
            if what == "contacts":
                mask(session, account)
            session.flush()
            return len(rows), len(rows) - len(holding(session, account, what))

    def count(self, account: str, what: str) -> int:
        """How many `contacts`, `messages` or `notes` hold content. Raises ValueError as `erase` does."""
        with reading(self._engine) as session:
            return len(holding(session, account, what))

    def is_erased(self, account: str) -> bool:
        """Whether it was erased and hasn't come back since; raises NotFound. Source: DOMAIN messages.9."""
        with reading(self._engine) as session:
            row = session.get(AccountRow, account)
            if row is None:
                raise NotFound("accounts", f"there is no account {account}", "`farewell accounts` lists them")
            return row.erased_at is not None
