"""Sub-processors: who was asked to erase what, and whose word is still missing. Source: DOMAIN erasure.1, stages.3."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Json, MaybeAccountArgument, in_words
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from temporalio.client import Client

    from connectors.opening import Connections
    from models.case import Decision

EvidenceOption = Annotated[
    str, typer.Option("--evidence", parser=in_words, metavar="TEXT", help="What shows it: their letter, their mail.")
]
_COLUMNS = ("account", "case", "name", "ask", "asked", "asked at", "confirmed at", "overdue")


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    about = "Sub-processors: who was asked to erase, and who has confirmed."
    processors = typer.Typer(help=about, no_args_is_help=True)
    processors.command("list")(list_processors)
    processors.command()(confirm)
    app.add_typer(processors, name="processor")


def list_processors(account: MaybeAccountArgument = None, as_json: Json = False) -> None:
    """List what sub-processors were asked, how often, and what they answered."""
    from commands.session import case_of, connections

    at = connections()
    if account is not None:
        case_of(at, account)  # or it says that there is none
    cases = [case for case in at.cases.cases() if account in (None, case["account"])]
    rows = [row for case in cases for row in _rows(at, case)]
    if as_json:
        show(rows)
    elif rows:
        cells = [[_cell(column, row[column.replace(" ", "_")]) for column in _COLUMNS] for row in rows]
        console().print(table(_COLUMNS, cells, right=("asked",)))
    else:
        say("no sub-processor was asked")


def confirm(
    account: AccountArgument,
    *,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The sub-processor, as the inventory names it.")],
    evidence: EvidenceOption,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Record that a sub-processor has erased all that it held of an account."""
    import asyncio

    from commands.session import acting, case_of, connections
    from models.vocabulary import Role

    at = connections()
    actor = acting(at, who)
    if Role.COMPLIANCE not in actor.roles:
        raise Refused(Exit.REFUSED, f"{actor.id} may not record this", "it needs the role compliance")
    case = case_of(at, account)
    if name not in {row["name"] for row in _rows(at, case)}:
        fix = f"farewell processor list {account} names those that were"
        raise Refused(Exit.NOT_FOUND, f"no sub-processor {name} was asked in the case {case['id']}", fix)
    new, told = asyncio.run(record(at, case, name, actor.id, evidence))
    if as_json:
        show({"account": account, "case": case["id"], "processor": name, "confirmed": True, "told": told})
    else:
        say(f"{account}: {name} has confirmed" if new else f"{account}: {name} had confirmed already")


async def record(at: "Connections", case: Mapping[str, Any], name: str, by: str, evidence: str) -> tuple[bool, bool]:
    """Keeps a person's word that a sub-processor has erased all; whether it is news, and whether closing was told."""
    import asyncio

    from connectors.temporal import connect_temporal

    client, closing = await connect_temporal(at.keys), f"closing-{case['id']}"
    now = await _now(client, closing) if at.settings.embedded else datetime.now(UTC)
    new = await asyncio.to_thread(_keep, at, case, {"name": name, "by": by, "evidence": evidence}, now)
    return new, await _tell(client, closing, name)


def _rows(at: "Connections", case: Mapping[str, Any]) -> list[dict[str, Any]]:
    from models.processors import Asked, Confirmed
    from rules.processors import ASKED, CONFIRMED, overdue, standing

    asked = [Asked.model_validate(body) for body in at.cases.documents(case["id"], ASKED)]
    told = [Confirmed.model_validate(body) for body in at.cases.documents(case["id"], CONFIRMED)]
    found = (standing(name, asked, told) for name in dict.fromkeys(each.name for each in asked))
    ways = {each.name: each.ask for each in at.inventory.processors}
    days, now = at.policy.house.processor_remind_days, datetime.now(UTC)
    return [
        {
            "account": case["account"],
            "case": case["id"],
            **each.model_dump(mode="json", exclude={"key"}),
            "ask": ways.get(each.name),
            "overdue": overdue(each, days, now),
        }
        for each in found
        if each is not None
    ]


def _keep(at: "Connections", case: Mapping[str, Any], word: Mapping[str, str], now: datetime) -> bool:
    """Kept once, what was written sealed at rest, and in no note: notes are erased by now. Whether it is news."""
    from models.case import Decision
    from models.payload import Personal
    from rules.processors import CONFIRMED

    about = {"case": case["id"], "account": case["account"], "stage": case["stage"], "step": CONFIRMED}
    note = Personal(text=word["evidence"])
    done = Decision(**about, subject=word["name"], actor=word["by"], action=CONFIRMED, note=note)
    body = {**word, "confirmed_at": now.isoformat()}
    kept = at.cases.keep_document(case["id"], CONFIRMED, done.idempotency_key, body, now)
    _enter(at, done, now)
    return bool(kept["confirmed_at"] == body["confirmed_at"])


def _enter(at: "Connections", done: "Decision", now: datetime) -> None:
    """Once in the ledger, also where an earlier try was cut short before."""
    from activities.ledger import record_act

    if not any((each.action, each.subject) == (done.action, done.subject) for each in at.ledger.entries(done.case)):
        record_act(at.ledger, at.keys, done, now)


async def _now(client: "Client", closing: str) -> datetime:
    """On the embedded stack time is moved: nobody has erased before having been asked."""
    from temporalio.service import RPCError, RPCStatusCode

    from devstack.clock import now

    try:
        return await now(client, closing)
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise
        return datetime.now(UTC)


async def _tell(client: "Client", closing: str, name: str) -> bool:
    """So that it seals the news at once; where there is no closing (yet), it reads the document when it looks."""
    from temporalio.service import RPCError, RPCStatusCode

    try:
        await client.get_workflow_handle(closing).signal("processor_confirmed", name)
    except RPCError as gone:
        if gone.status is not RPCStatusCode.NOT_FOUND:
            raise
        return False
    return True


def _cell(column: str, value: Any) -> str:
    """For people: of an instant the day will do."""
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value or "")[:10] if column.endswith(" at") else str(value or "")
