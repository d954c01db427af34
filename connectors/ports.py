"""The ports: one Protocol per kind of system. Every effect takes a `key` and may be called twice with it.

All raise `connectors.errors.ConnectorError`, and nothing of the library behind them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from models.access import SharedAsset
from models.account import AccountFacts, Actor, Person
from models.case import CaseRequest, Decision, StageRecord
from models.hop import Hop
from models.inventory import DataSet, Inventory, Processor
from models.keys import DataKey, Destroyed, KeyScope, StandingKey
from models.ledger import ActivityRef, Fact, LedgerEntry
from models.messages import Draft, Kept, Reader
from models.money import BillingState, Document, InvoiceState, LateCharge, RefundState, Settlement
from models.package import PackagedColumn, Uploaded
from models.payload import Receipt
from models.plan import Plan
from models.policy import Policy
from models.processors import ProcessorAnswer
from models.schema import SchemaFacts, TableFacts


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

    def prefer(self, account: str, choice: Mapping[str, str | bool]) -> None:
        """Keeps how the contact wants to be written to: `channel`, `language`, `come_back`."""
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

    def sent(self, message_id: str, at: datetime) -> None:
        """It left."""
        ...

    def skipped(self, message_id: str, why: str) -> None:
        """It won't leave."""
        ...

    def messages(self, case: str) -> list[Kept]:
        """What was sent or skipped in a case, in order."""
        ...

    def reader(self, case: str, account: str) -> Reader:
        """To whom messages of this case go now: the contact, or what is kept for the follow-ups."""
        ...


class Messenger(Protocol):
    """Delivers a message. SMTP can't promise once: a stable Message-ID lets the other side see a repeat."""

    def deliver(self, message: Kept) -> None:
        """Hands it over; returns when the other side has taken it."""
        ...


class ContractSystem(Protocol):
    """State of account and contract."""

    def check(self) -> None:
        """Whether it answers, and lets us in; raises ConnectorError."""
        ...

    def state(self, account: str) -> str:
        """`active` `read_only` or `ended`."""
        ...

    def serve_notice(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """Tells it when the contract will end, and that it does not renew; a later notice moves the end."""
        ...

    def withdraw_notice(self, account: str, key: str, at: datetime) -> Receipt:
        """It renews as before."""
        ...

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Read-only."""
        ...

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        ...

    def terminate(self, account: str, key: str, at: datetime) -> Receipt:
        """The contracts end."""
        ...

    def recontract(self, account: str, key: str, at: datetime) -> Receipt:
        """New agreements on the terms of those that the effect `key` ended. Source: DOMAIN stages.7."""
        ...


class BillingSystem(Protocol):
    """Subscriptions, invoices, payments, refunds."""

    def check(self) -> None:
        """Whether it answers, and lets us in.

        Raises:
            ConnectorError: it doesn't.
        """
        ...

    def state(self, account: str, at: datetime) -> BillingState:
        """What is invoiced, paid and in credit now, and the unbilled usage of before `at`. Source: DOMAIN money.9."""
        ...

    def stop_renewal(self, account: str, ends_at: datetime, key: str, at: datetime) -> Receipt:
        """Charges run on until `ends_at`, and not beyond; a later notice moves it. Source: DOMAIN money.4."""
        ...

    def resume_renewal(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        ...

    def issue_due(self, account: str, due: Sequence[InvoiceState], key: str, at: datetime) -> Receipt:
        """Makes invoices that have fallen due, each once by its id; a system that bills by itself makes none."""
        ...

    def freeze(self, account: str, key: str, at: datetime) -> Receipt:
        """Charges stop at `at`, dunning is muted."""
        ...

    def unfreeze(self, account: str, key: str, at: datetime) -> Receipt:
        """As before."""
        ...

    def suspend(self, account: str, key: str, at: datetime) -> Receipt:
        """Nothing is charged or dunned from `at` on, until `resume`; what is paid ahead keeps.

        Source: DOMAIN modes.1.
        """
        ...

    def resume(self, account: str, key: str, at: datetime) -> Receipt:
        """Charges go on after what `key` suspended: the days that were paid ahead and not used come first."""
        ...

    def inexpressible(self, settlement: Settlement) -> list[Document]:
        """What of it the system can't express exactly: the preview refuses such a plan. Source: DOMAIN money.3."""
        ...

    def settle(self, account: str, settlement: Settlement, key: str, at: datetime) -> list[Receipt]:
        """Makes the final invoices and the documents, each once; a receipt per kind and currency.

        Source: DOMAIN money.7.
        """
        ...

    def held(self, account: str, key: str) -> list[Document]:
        """What it holds of what `settle` made with that key, a final invoice as its charges; amounts as in there."""
        ...

    def refunds(self, account: str, key: str) -> list[RefundState]:
        """The refunds that were asked for with that key, as the provider tells of them now. Source: DOMAIN money.7."""
        ...

    def reverse(self, account: str, settled_by: str, key: str, at: datetime) -> list[Receipt]:
        """Answers each document of `settled_by` by a counter-document, once."""
        ...

    def late_charges(self, account: str, since: datetime) -> list[LateCharge]:
        """What was charged or invoiced from `since` on, but by `settle`, and isn't answered yet.

        Source: DOMAIN money.9.
        """
        ...

    def give_back(self, account: str, charge: LateCharge, key: str, at: datetime) -> Receipt:
        """Voids a late charge and refunds what of it was taken, once."""
        ...


class IdentitySystem(Protocol):
    """Users and groups."""

    def check(self) -> None:
        """Whether it answers, and lets us in.

        Raises:
            ConnectorError: it doesn't.
        """
        ...

    def users(self, account: str, after: str, limit: int) -> list[str]:
        """A page of the ids of all users after the id `after`, ordered, the export contact included."""
        ...

    def count(self, account: str, *, active: bool) -> int:
        """How many users there are, or are active."""
        ...

    def spared(self, account: str) -> int:
        """How many active users are the export contact's: one, as a rule. Source: DOMAIN identity.2."""
        ...

    def deactivate(self, account: str, users: Sequence[str], key: str) -> int:
        """Deactivates those that are active, but the export contact; remembers `key`. Answers how many now bear it."""
        ...

    def reactivate(self, account: str, key: str) -> int:
        """Reactivates those that the effect `key` deactivated, and no others."""
        ...

    def empty_groups(self, account: str, key: str) -> int:
        """Takes every member but the export contact out of the account's groups; remembers `key`. How many bear it."""
        ...

    def refill_groups(self, account: str, key: str) -> int:
        """Puts those back that the effect `key` took out, and no others. Source: DOMAIN identity.5."""
        ...

    def plant(self, account: str, key: str) -> str:
        """Makes an identity of our own in the account, once a `key`: active, of no person. Answers its id.

        Source: DOMAIN identity.3.
        """
        ...

    def admits(self, account: str, user: str) -> bool:
        """Whether that identity is there and active."""
        ...

    def pull(self, account: str, user: str) -> None:
        """Removes what `plant` made; again changes nothing."""
        ...

    def delete(self, account: str, limit: int) -> int:
        """Deletes up to `limit` users with their memberships, active or not, groups with the last; 0 means done.

        For erasure alone: afterwards no effect of before can be undone. Source: DOMAIN identity.1.
        """
        ...


class AccessSystem(Protocol):
    """Everything that lets somebody in."""

    def check(self) -> None:
        """Whether it answers, and lets us in; raises ConnectorError."""
        ...

    def counts(self, account: str) -> dict[str, int]:
        """How many credentials of each class are there, gated or not."""
        ...

    def gate(self, account: str, kind: str, key: str, at: datetime) -> Receipt:
        """Closes all of a class that are open, but the export contact's sign-in; `count` is how many bear `key`."""
        ...

    def free(self, account: str, key: str, at: datetime) -> Receipt:
        """Opens those that the effect `key` closed, and no others."""
        ...

    def open(self, account: str) -> dict[str, int]:
        """How many of each class still let somebody in, but the export contact's sign-in; classes with none left out.

        Source: DOMAIN identity.3.
        """
        ...

    def plant(self, account: str, token: str, key: str, at: datetime) -> Receipt:
        """Makes a session and an API key of our own in the account that accept `token`, once a `key`.

        Source: DOMAIN identity.3.
        """
        ...

    def admits(self, account: str, token: str) -> tuple[str, ...]:
        """Tries to come in with `token`: the classes of credential by which it succeeds, in their order."""
        ...

    def pull(self, account: str, key: str, at: datetime) -> Receipt:
        """Removes what the effect `key` planted; again changes nothing."""
        ...

    def assets(self, account: str) -> list[SharedAsset]:
        """What is shared with others and still owned by a user of the account, by id. Source: DOMAIN identity.4."""
        ...

    def hand_over(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives every asset that has a successor to them; remembers `key`; `count` is how many bear it."""
        ...

    def hand_back(self, account: str, key: str, at: datetime) -> Receipt:
        """Gives those back that the effect `key` handed over, and no others."""
        ...

    def delete(self, account: str) -> int:
        """Deletes all; for erasure."""
        ...


class ProductDatabase(Protocol):
    """What is exported and erased. The same inventory drives reading, counting, erasing and counting again."""

    def schema(self) -> SchemaFacts:
        """All tables of all schemas but the database's own, in bulk: a thousand take seconds."""
        ...

    def table(self, table: str) -> TableFacts:
        """One table by its written name; raises NotFound."""
        ...

    def snapshot(self) -> AbstractContextManager["Snapshot"]:
        """One instant of the whole database, held until the block ends."""
        ...

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows are the account's now, whoever else reaches them."""
        ...

    def of_two_accounts(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many of them another account reaches, too."""
        ...

    def left(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows should be erased or masked and aren't: an independent count. Source: DOMAIN erasure.4."""
        ...

    def total(self, root_key: str, inventory: Inventory) -> int:
        """All rows of all data sets that are the account's."""
        ...

    def erase(
        self, inventory: Inventory, data_set: DataSet, root_key: str, limit: int, may: Callable[[], None] = ...
    ) -> int:
        """Deletes, masks or cuts off up to `limit` rows in one transaction; answers how many; 0 means done.

        `may` is called right before the commit: what it raises undoes the batch. Rows that point at rows of their own
        table go at once, whatever the limit, and so do data sets that point at each other in a circle, all of them at
        the first's turn. Where a row may be the account's in several ways, a batch is a few times the limit.
        """
        ...


class Snapshot(Protocol):
    """One instant of the product's database. `readers` says how many threads may read it at once."""

    instant: str
    readers: int

    def read(self, inventory: Inventory, data_set: DataSet, root_key: str) -> "TableRead":
        """The rows that go into the package, each once, ordered, while they are read."""
        ...

    def count(self, inventory: Inventory, data_set: DataSet, root_key: str) -> int:
        """How many rows `read` must give, by a count of its own."""
        ...

    def values(self, inventory: Inventory, data_set: DataSet, root_key: str, column: str) -> Iterator[str]:
        """The values of one column, without NULL, streamed."""
        ...

    def closed(self, inventory: Inventory, data_set: DataSet, hop: Hop, root_key: str) -> bool:
        """Whether this key of the rows that `read` gives never points at a row that isn't in the package."""
        ...

    def unchanged_since(
        self, instant: str, counted: int, inventory: Inventory, data_set: DataSet, root_key: str
    ) -> bool:
        """Whether it is proven that these rows are those of an earlier instant, when there were `counted`."""
        ...


class TableRead(Protocol):
    r"""A data set as text in UTF-8: CSV with a header and `\N` for NULL, or JSON Lines.

    Iterating gives blocks of about 1 MiB that end anywhere; equal rows give equal blocks. `rows` and what was seen of
    the `columns` are true once it was read to its end.
    """

    rows: int

    @property
    def columns(self) -> tuple[PackagedColumn, ...]:
        """The columns, in order."""
        ...

    def __iter__(self) -> Iterator[bytes]:
        """Once; raises ConnectorError."""
        ...


class ObjectStore(Protocol):
    """S3: packages and evidence."""

    def put(self, bucket: str, key: str, body: bytes, *, once: bool = False) -> None:
        """Writes with a SHA-256 checksum; `once` refuses to overwrite (Conflict) unless the same bytes stand there."""
        ...

    def put_locked(self, bucket: str, key: str, body: bytes, until: datetime) -> None:
        """Writes once under Object Lock COMPLIANCE; the same bytes again are fine, others are a Conflict."""
        ...

    def upload(
        self, bucket: str, key: str, body: Iterable[bytes], *, finishing: Callable[[Uploaded], None] | None = None
    ) -> Uploaded:
        """Streams blocks of any size as one object, with bounded memory, and never over other bytes.

        Goes on with an unfinished upload of that key: a part that stands with the same SHA-256 isn't sent again.
        What fails leaves its upload for the next attempt; what is cancelled, too: `erase` sweeps it. `finishing` is
        called before the object appears. Raises Conflict when other bytes stand there.
        """
        ...

    def stands(self, bucket: str, key: str, size_bytes: int, checksum: str) -> bool:
        """Whether this very object stands there, by the server's own checksum of it."""
        ...

    def copy(self, source: tuple[str, str], target: tuple[str, str]) -> None:
        """Copies on the server's side."""
        ...

    def link(self, bucket: str, key: str, seconds: int, filename: str) -> str:
        """A presigned link that downloads the object under that name for so long; at most 300 seconds."""
        ...

    def get(self, bucket: str, key: str) -> bytes:
        """A small object whole; raises NotFound."""
        ...

    def read(self, bucket: str, key: str) -> Iterator[bytes]:
        """An object in chunks of 1 MiB; raises NotFound."""
        ...

    def list(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes in bytes, in order of the keys."""
        ...

    def sealed(self, bucket: str, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Keys and bytes of small objects as they were first written, whatever was put over them since."""
        ...

    def erase(self, bucket: str, prefix: str) -> Iterator[int]:
        """Deletes every object under the prefix with every version, marker and upload; how many objects, by batch."""
        ...

    def check(self, bucket: str, *, locked: bool) -> None:
        """Raises if the bucket can't be used (or has no Object Lock though `locked`)."""
        ...


class KeyStore(Protocol):
    """Keys apart from the database, wrapped by the master key. Source: DESIGN, Security, Keys."""

    def check(self) -> None:
        """Whether the master key is the one under which the store was made.

        Raises:
            Unauthorized: it isn't; says which it is and which is needed. Unavailable: the store can't be used.
        """
        ...

    def sealing(self, scope: KeyScope) -> DataKey:
        """The newest key of a scope, made at the first asking; two makers agree on one.

        Raises:
            Gone: the scope's keys were destroyed, and nobody has reopened it.
        """
        ...

    def opening(self, key_id: str) -> DataKey:
        """The key of that id; raises Gone when it was destroyed, NotFound when there never was one."""
        ...

    def digest_key(self, workflow: str) -> bytes:
        """The HMAC key of what this workflow's ledger entries digest: derived, so that it dies with the scope's keys.

        Raises:
            Gone: it has died. ValueError: no workflow id of ours.
        """
        ...

    def rotate(self, scope: KeyScope) -> DataKey:
        """A new key that seals from now on; the older ones go on opening. Raises Gone."""
        ...

    def destroy(self, scope: KeyScope, at: datetime) -> Destroyed:
        """Destroys every key of the scope for good; again answers what was destroyed. Source: DOMAIN erasure.6.

        `at` is the effect's own instant, the same for each of its attempts: one that comes after a `reopen` finds that
        it's done, and destroys nothing.
        """
        ...

    def reopen(self, scope: KeyScope) -> None:
        """A customer has come back: from now on there may be new keys; the old ids stay dead."""
        ...

    def may_end(self, scope: KeyScope) -> None:
        """Its workflow needs the key until it has closed, and nobody after that."""
        ...

    def ending(self) -> list[KeyScope]:
        """The scopes that may end and still have keys."""
        ...

    def keys(self) -> list[StandingKey]:
        """All that stand, by id; none is opened."""
        ...

    def rewrap(self) -> int:
        """Wraps every key by the master key of today; answers how many were wrapped by an older one."""
        ...

    def publish(self, public: dict[str, Any]) -> dict[str, Any]:
        """Keeps the public half of a signing key for ever; answers all that were ever kept, as a JWKS."""
        ...


class SubProcessors(Protocol):
    """Outside systems that got data of the account and are asked to erase it. Source: DOMAIN stages.3, erasure.1."""

    def ask(self, processor: Processor, account: str, root_key: str, key: str, at: datetime) -> ProcessorAnswer:
        """Asks for erasure, or again how far it is: the same `key` is the same request."""
        ...


class Histories(Protocol):
    """Temporal's histories."""

    def runs(self, workflow: str) -> list[dict[str, Any]]:
        """The history of each run of a closed workflow, in order, as Temporal's JSON: each replays by itself.

        Payloads are decoded; raises Gone once their key was destroyed.
        """
        ...

    def sealed_payload(self, workflow: str) -> bytes:
        """The first encrypted payload of a workflow's history as it lies on the server (a `Payload` proto's bytes)."""
        ...

    def closed(self, workflow: str) -> bool:
        """Whether it has ended."""
        ...
