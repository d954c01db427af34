"""The final statement: as a table for people, as JSON, or as the PDF that the customer gets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from commands.options import AccountArgument, Json
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from activities.printing import Closing
    from activities.printing_words import Addressed
    from connectors.opening import Connections
    from models.money import LateCharge, Statement
    from models.plan import Plan

Form = Annotated[Literal["text", "json", "pdf"], typer.Option("--format", help="For people, programs, or to keep.")]
Out = Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write it; a PDF needs a file.")]


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(statement)


def statement(account: AccountArgument, form: Form = "text", out: Out = None, as_json: Json = False) -> None:
    """Show the final statement of the account's newest exit, opened or closed."""
    from activities.settled import late_charges
    from commands.session import case_of, connections

    is_json = as_json or form == "json"
    if as_json and form == "pdf":
        raise Refused(Exit.USAGE, "a statement is either a PDF or JSON", "leave --json out, or --format pdf")
    if (form == "pdf") != (out is not None) and not is_json:
        raise Refused(Exit.USAGE, "a PDF needs a file, and text has none", "say --format pdf --out statement.pdf")
    at = connections()
    case = case_of(at, account)
    closing, plan = _closing(at, case["id"], case["account"])
    if is_json:
        _give(out, [each.model_dump(mode="json") for each in closing.settlement.statements])
    elif out is not None:
        _write(out, _printed(at, case["id"], plan, closing))
    else:
        _tell(closing)
        _tell_late(late_charges(at.cases, case["id"]))


def _closing(at: "Connections", case: str, account: str) -> "tuple[Closing, Plan]":
    """The closed statement, else the opened one."""
    from activities.enclosures import closing_of
    from activities.facts import plan_of
    from activities.settled import DRAFT, STATEMENT

    plan = plan_of(at.cases, case, account)
    if plan is not None:
        dates = {name: planned.at for name, planned in plan.commitments.dates.items()}
        for kind in (STATEMENT, DRAFT):
            closing = closing_of(at.cases, case, kind, datetime.now(UTC), dates)
            if closing is not None:
                return closing, plan
    fix = f"it's opened when the contract has ended; farewell preview {account} estimates it"
    raise Refused(Exit.NOT_FOUND, f"{case} has no statement yet", fix)


def _printed(at: "Connections", case: str, plan: "Plan", closing: "Closing") -> bytes:
    from activities.printing import print_statement

    return print_statement(_about(at, case, plan), closing)


def _about(at: "Connections", case: str, plan: "Plan") -> "Addressed":
    """To the contact; to nobody by name, once the account is erased."""
    from activities.enclosures import addressed
    from activities.printing_words import by_id
    from connectors.errors import NotFound

    try:
        reader = at.outbox.reader(case, plan.commitments.account)
        return addressed(case, plan.commitments, reader, at.policy.sender)
    except NotFound:
        return by_id(case, plan.commitments, at.policy.sender)


def _give(out: Path | None, value: Any) -> None:
    import json

    if out is None:
        show(value)
    else:
        _write(out, json.dumps(value, ensure_ascii=False, indent=2).encode() + b"\n")


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as error:
        raise Refused(Exit.USAGE, f"{out} can't be written: {error.strerror}", "choose another --out") from None
    say(f"{out}: {len(content)} bytes")


def _tell(closing: "Closing") -> None:
    for each in closing.settlement.statements:
        console().print(_table(each))
    say(_standing(closing))
    for told in closing.refunds:
        say(f"refund of {told.amount:f} {told.currency} ({told.refund_id}): {told.status}")
    say(f"digest {closing.digest}")


def _tell_late(charges: "Sequence[tuple[LateCharge, bool]]") -> None:
    """What appeared after the end, once, however often it was found. Source: DOMAIN money.9."""
    for charge, refund in {charge.charge_id: (charge, refund) for charge, refund in charges}.values():
        what = f"{charge.amount:f} {charge.currency} on {charge.at:%Y-%m-%d} ({charge.charge_id}: {charge.description})"
        say(f"charged after the end: {what}; {'given back' if refund else 'a person decides: farewell status'}")


def _table(each: "Statement") -> Any:
    rows = [
        [
            line.kind.replace("_", " "),
            line.reference,
            line.description,
            f"{line.tax:f}" if line.tax else "",
            f"{line.amount:f}",
        ]
        for line in each.lines
    ]
    rows.append(["total", "", "", "", f"{each.total:f}"])
    columns = ("kind", "invoice", "what", "of which tax", each.currency)
    return table(columns, rows, right=("of which tax", each.currency))


def _standing(closing: "Closing") -> str:
    from activities.settled import owed

    if closing.open_until is not None:
        return f"opened; it closes on {closing.open_until:%Y-%m-%d}, and nothing is to be paid before"
    if all(each.closed for each in closing.settlement.statements):
        collected = owed(closing.settlement.statements)["to_pay"]
        to_pay = " and ".join(f"{amount:f} {currency}" for currency, amount in collected.items())
        return "closed: all comes to zero" + (f"; finance collects {to_pay}" if to_pay else "")
    return "closed with a difference: the task statement_differs says which"
