"""What an exit leaves behind, for tests to look at and compare: rows, money, objects, histories."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Table, select
from sqlmodel import col
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import WorkflowExecution, WorkflowHistory

from connectors.histories_opened import opened
from connectors.store.sessions import reading
from devstack.running import Running
from models.money import BillingState
from models.tables.accounts import ContactRow, ContractRow
from models.tables.catalogue import all_tables
from models.tables.identities import CredentialRow, UserRow
from models.vocabulary import TO_OURS

# An undo gives these back row by row; contracts and documents it answers by new ones. Source: DOMAIN stages.7.
SAME_AGAIN = (
    *("account", "contact", "blocking_fact", "subscription", "payment", "usage", "balance"),
    *("user", "group", "membership", "credential", "shared_asset"),
)
UNDONE = "was_"  # a mark of what was taken back: it keeps late attempts from doing it again
Rows = dict[str, list[Any]]
Of = TypeVar("Of", ContactRow, ContractRow, CredentialRow, UserRow)


def rows_of(here: Running, account: str) -> Rows:
    """Every row of the account that an undo must leave identical: identities, access, product, files."""
    at = here.connections
    own = {name: _own_rows(here, all_tables().tables[name], account) for name in SAME_AGAIN}
    with at.product.snapshot() as now:
        data = {each.name: [b"".join(now.read(at.inventory, each, account))] for each in at.inventory.data_sets}
    files = list(at.objects.list(at.settings.s3_files_bucket or "", f"accounts/{account}/"))
    return {**own, **data, "files": files}


def _own_rows(here: Running, table: Table, account: str) -> list[Any]:
    columns = [column for column in table.columns if not column.name.startswith(UNDONE)]
    asked = select(*columns).order_by(*table.primary_key.columns)
    if table.name == "membership":
        users = all_tables().tables["user"]
        asked = asked.join(users, table.c.user == users.c.id).where(users.c.account == account)
    else:
        asked = asked.where((table.c.id if table.name == "account" else table.c.account) == account)
    with here.connections.engine.connect() as connection:
        return [tuple(row) for row in connection.execute(asked)]


def contracts_of(here: Running, account: str) -> list[dict[str, Any]]:
    """As they stand."""
    return [row.model_dump() for row in _of(here, ContractRow, account)]


def money_of(here: Running, account: str) -> BillingState:
    """What is invoiced, paid, in credit and unbilled, once documents and counter-documents have met."""
    return here.connections.billing.state(account, datetime(2100, 1, 1, tzinfo=UTC))


def credentials_of(here: Running, account: str) -> list[tuple[str, bool]]:
    """Each one's class, and whether it is closed."""
    return [(row.kind, row.gated_by is not None) for row in _of(here, CredentialRow, account)]


def contact_may_sign_in(here: Running, account: str) -> list[bool]:
    """Of each export contact: active, with every sign-in open."""
    closed = {row.owner for row in _of(here, CredentialRow, account) if row.kind == "sign_in" and row.gated_by}
    return [row.active and row.id not in closed for row in _of(here, UserRow, account) if row.export_contact]


def given_back(before: BillingState, now: BillingState) -> bool:
    """What was is again. What a subscription cost meanwhile stays invoiced: the service was used."""
    known = {invoice.invoice_id for invoice in before.invoices}
    again = tuple(invoice for invoice in now.invoices if invoice.invoice_id in known)
    meanwhile = {invoice.kind for invoice in now.invoices if invoice.invoice_id not in known}
    same = (before.invoices, before.credit, before.usage) == (again, now.credit, now.usage)
    return same and meanwhile <= {"subscription"}


def amounts_of(here: Running, account: str) -> tuple[object, ...]:
    """What is invoiced, settled and in credit, whatever period it is for: a pause moves days that were paid ahead."""
    money = money_of(here, account)
    return [(x.invoice_id, x.total, x.paid, x.credited) for x in money.invoices], money.credit, len(money.usage)


def package_of(here: Running, account: str) -> list[Any]:
    """What lies in the export bucket."""
    return list(here.connections.objects.list(here.connections.settings.s3_export_bucket, f"{account}/"))


def stages_of(here: Running, case: str) -> list[str]:
    """The stages that the ledger tells of, in order, each once in a row."""
    told = [entry.stage for entry in here.connections.ledger.entries(case) if entry.action == "record_stage"]
    return [stage for at, stage in enumerate(told) if at == 0 or told[at - 1] != stage]


def actions_of(here: Running, case: str, outcome: str = "done") -> list[str]:
    """The effects that the ledger tells of."""
    return [entry.action for entry in here.connections.ledger.entries(case) if entry.outcome == outcome]


def mails_of(here: Running, case: str) -> list[str]:
    """The kinds of message that left to the customer, in order."""
    sent = [message for message in here.connections.outbox.messages(case) if message.state == "sent"]
    return [message.kind.value for message in sent if message.kind not in TO_OURS]


def personal_words(here: Running, account: str) -> list[str]:
    """What must appear in no history: the contacts' names, addresses and numbers, the users' names and addresses."""
    contacts = [word for row in _of(here, ContactRow, account) for word in (row.name, row.email, row.phone)]
    users = [word for row in _of(here, UserRow, account) for word in (row.name, row.email)]
    return sorted({word for word in (*contacts, *users) if word})


def _of(here: Running, kind: type[Of], account: str) -> Sequence[Of]:
    """As the application reads them: what is personal is sealed in the tables themselves."""
    with reading(here.connections.engine) as session:
        return session.scalars(select(kind).where(col(kind.account) == account)).all()


async def runs_of(here: Running, case: str) -> list[WorkflowExecution]:
    """The runs of the case's own workflow, in order."""
    return [run for run in await executions_of(here, case) if run.id == f"offboarding-{case}"]


async def events_of(here: Running, case: str) -> list[HistoryEvent]:
    """Every event of every run of every workflow of a case, opened."""
    events: list[HistoryEvent] = []
    for run in await executions_of(here, case):
        events += WorkflowHistory.from_json(run.id, await opened_history(here, run)).events
    return events


async def opened_history(here: Running, run: WorkflowExecution) -> dict[str, Any]:
    """A run's history as Temporal's JSON, its payloads in clear, also when their key was destroyed since."""
    history = await here.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
    return opened(here.connections.keys.afterwards, history.to_json_dict())


async def executions_of(here: Running, case: str) -> list[WorkflowExecution]:
    """All runs of all workflows of a case, by workflow, in order."""
    ids = (f"offboarding-{case}", f"export-{case}-1", f"follow-up-{case}", f"closing-{case}")
    found = [run async for run in here.client.list_workflows(f"WorkflowId IN {ids}")]
    return sorted(found, key=lambda run: (run.id, run.start_time))


def kind_of(event: HistoryEvent) -> str:
    """`EVENT_TYPE_TIMER_STARTED` as `TIMER_STARTED`."""
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
