"""Ports to Farewell's own database.

All raise `connectors.errors.ConnectorError`, and nothing of the library behind.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from models.account import AccountFacts, Actor, Person
from models.case import CaseRequest, Decision, StageRecord
from models.ledger import ActivityRef, Fact, LedgerEntry
from models.messages import Draft, Kept, Reader
from models.plan import Plan
from models.policy import Policy
from models.vocabulary import Heard


class Directory(Protocol):
    """Accounts, contacts, contracts and our own people."""

    def facts(self, account: str) -> AccountFacts:
        """All of an account that a plan needs; raises NotFound."""
        ...

    def accounts(self) -> list[AccountFacts]:
        """Every account, by id."""
        ...

    def billed_as(self, billing_id: str) -> list[str]:
        """The accounts that are this customer at the payment provider."""
        ...

    def person(self, person: str) -> Person:
        """One of ours; raises NotFound."""
        ...

    def prefer(self, account: str, choice: Mapping[str, str | bool | int]) -> None:
        """Keeps how the contact wants to be written to: `channel`, `language`, hours, and the three quiet choices."""
        ...

    def keep_for_follow_ups(self, case: str, account: str) -> None:
        """Sets the least apart that the follow-ups need. Source: DOMAIN erasure.7."""
        ...

    def forget_follow_ups(self, case: str) -> None:
        """The cadence has ended: the last contact goes."""
        ...

    def erase(self, account: str, what: str) -> tuple[int, int]:
        """Erases `contacts` `users` `messages` or `notes`; answers (before, erased)."""
        ...

    def count(self, account: str, what: str) -> int:
        """How many of them there are."""
        ...

    def is_erased(self, account: str) -> bool:
        """Whether it was erased and hasn't come back since; raises NotFound. Source: DOMAIN messages.9."""
        ...


class CaseStore(Protocol):
    """Cases, plans, decisions, notes, documents and holds in Farewell's own database."""

    def open_case(self, request: CaseRequest, at: datetime) -> CaseRequest:
        """Opens a case, or answers with the open one of that account. `request.case` may be empty."""
        ...

    def abandon(self, case: str) -> None:
        """Takes back a case whose workflow never started."""
        ...

    def record(self, record: StageRecord, at: datetime) -> None:
        """Keeps where the case stands; a late, older record changes nothing that has ended."""
        ...

    def case(self, account: str) -> Mapping[str, Any] | None:
        """The newest case of an account, as a plain row, or None."""
        ...

    def by_id(self, case: str) -> Mapping[str, Any] | None:
        """That case, whatever became of its account, as a plain row, or None."""
        ...

    def cases(self) -> list[Mapping[str, Any]]:
        """All cases, newest first."""
        ...

    def keep_plan(self, case: str, plan: Plan, at: datetime) -> None:
        """Keeps a plan under its hash; again changes nothing."""
        ...

    def plan(self, case: str, plan_hash: str) -> Plan:
        """The plan of that hash; raises NotFound."""
        ...

    def plans(self, case: str) -> list[Plan]:
        """The plans of a case, in the order in which they were kept."""
        ...

    def keep_policy(self, sha256: str, policy: Policy, at: datetime) -> None:
        """Keeps the policy that a plan rests on under its digest; again changes nothing."""
        ...

    def policy(self, sha256: str) -> Policy:
        """The policy of that digest, as it was when it was kept; raises NotFound."""
        ...

    def pauses(self, account: str, since: datetime) -> int:
        """How many pauses of the account began after an instant. Source: DOMAIN modes.1."""
        ...

    def decide(self, decision: Decision, at: datetime) -> None:
        """Keeps a decision under its idempotency key, and what the person wrote as a note."""
        ...

    def decisions(self, case: str) -> list[Mapping[str, Any]]:
        """What was decided, in order."""
        ...

    def keep_note(self, account: str, key: str, text: str) -> None:
        """Keeps what a person wrote, in the place of what stood under this key; erased with the account's notes."""
        ...

    def note(self, key: str) -> str | None:
        """What a person wrote under this key, while it's there."""
        ...

    def keep_document(self, case: str, kind: str, key: str, body: Mapping[str, Any], at: datetime) -> Mapping[str, Any]:
        """Keeps a document; a second write with the same key changes nothing and answers the first."""
        ...

    def documents(self, case: str, kind: str) -> list[Mapping[str, Any]]:
        """The bodies of that kind, in the order in which they were kept."""
        ...

    def place_hold(self, account: str, actor: Actor, ground: str, data_sets: Sequence[str], at: datetime) -> str:
        """Places a hold, standing at once; answers its id."""
        ...

    def confirm_hold(self, hold: str, actor: Actor, at: datetime) -> str:
        """A second person confirms; answers the account. Raises Rejected for the same person."""
        ...

    def release_hold(self, hold: str, actor: Actor, at: datetime) -> bool:
        """The first ask is noted (False), a second person's releases (True)."""
        ...

    def holds(self, account: str) -> list[Mapping[str, Any]]:
        """The holds that stand: `id`, `data_sets` (empty: all), `ground`, `placed_by`, `placed_at`, `confirmed_by`."""
        ...

    def all_holds(self) -> list[Mapping[str, Any]]:
        """The holds that stand on any account, oldest first; `account` and `release_asked_by` too."""
        ...


class Ledger(Protocol):
    """The append-only chain."""

    def append(self, fact: Fact, ref: ActivityRef | None) -> LedgerEntry:
        """Adds an entry at the end of the case's chain; the same `ref` again answers the entry that stands."""
        ...

    def entries(self, case: str) -> list[LedgerEntry]:
        """The chain of a case, in order."""
        ...


class Outbox(Protocol):
    """Every message, before and after it left."""

    def prepare(self, draft: Draft) -> Kept:
        """Keeps the message under its Message-ID; a second time answers what stands."""
        ...

    def leaving(self, message_id: str, at: datetime) -> Kept:
        """It is about to be handed over: answers how it stood before. Two attempts never both find it `sending`."""
        ...

    def stayed(self, message_id: str) -> None:
        """The handing over surely failed: it is `sending` again."""
        ...

    def to_call(self, message_id: str) -> None:
        """A person must say it on the phone."""
        ...

    def sent(self, message_id: str, at: datetime, why: str = "") -> None:
        """It left, or was said on the phone; `why` is what there is to say of that."""
        ...

    def skipped(self, message_id: str, why: str, code: str = "") -> None:
        """It won't leave; `code` is the reason in a word that reports count."""
        ...

    def heard(self, message_id: str, what: Heard, at: datetime) -> Kept | None:
        """Something came back of it; the gravest word stays. None: no message of ours."""
        ...

    def messages(self, case: str) -> list[Kept]:
        """What was sent or skipped in a case, in order."""
        ...

    def waiting(self, case: str) -> list[Kept]:
        """What was written in a case and isn't settled: on its way, or to be said on the phone."""
        ...

    def message(self, message_id: str) -> Kept | None:
        """One of them, whatever became of it."""
        ...

    def reader(self, case: str, account: str) -> Reader:
        """To whom messages of this case go now: the contact, or what is kept for the follow-ups."""
        ...
