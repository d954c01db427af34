"""The accounts: listed, and imported."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import Json
from commands.printing import console, say, show, table
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command("accounts")(list_accounts)
    app.command("import")(import_file)


def list_accounts(as_json: Json = False) -> None:
    """List the accounts, their size, and their exits."""
    from commands.session import connections

    at = connections()
    newest: dict[str, str] = {}
    for case in at.cases.cases():  # newest first
        newest.setdefault(case["account"], case["id"])
    found: list[dict[str, Any]] = [
        {
            "id": a.id,
            "name": a.name,
            "country": a.country,
            "currency": a.currency,
            "language": a.language,
            "users": at.identity.count(a.id, active=True),
            "rows": at.product.total(a.root_key, at.inventory),
            "case": newest.get(a.id),
        }
        for a in (facts.account for facts in at.directory.accounts())
    ]
    if as_json:
        show(found)
        return
    columns = ("id", "name", "country", "currency", "language", "users", "rows", "case")
    console().print(table(columns, [[each[c] for c in columns] for each in found], right=("users", "rows")))


def import_file(
    file: Annotated[Path, typer.Argument(help="CSV or JSON: people, accounts, contacts, contracts, users.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check it, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Add or update accounts and people by their ids; all of the file, or nothing of it."""
    from commands.importing import read_records, upsert
    from commands.returning import erased_of
    from commands.session import connections

    records, at = read_records(file), connections()
    back = erased_of(at.engine, (str(each.values.get("id")) for each in records if each.kind == "accounts"))
    counts, refusals = upsert(at.engine, records, dry_run=dry_run)
    returned = _heard(at, back) if back and not (dry_run or refusals) else []
    if as_json:
        show({"dry_run": dry_run, "counts": counts, "refusals": refusals, "returned": back if returned else []})
    else:
        for refusal in refusals:
            say(refusal)
    if refusals:
        raise Refused(Exit.USAGE, f"{len(refusals)} of {len(records)} records refused, nothing imported", "mend them")
    if not as_json:
        done = "would be imported" if dry_run else "imported"
        say(", ".join(f"{number} {kind}" for kind, number in counts.items()) + f" {done}")
        for line in returned:
            say(line)


def _heard(at: "Connections", accounts: list[str]) -> list[str]:
    """Customers of before: their follow-ups stop now, and whoever imports hears what comes next."""
    from commands.returning_heard import noted

    lines = []
    for account in accounts:
        told = noted(at, account)
        lines.append(f"{account} has come back{told}; farewell return {account} greets them and restores their package")
    return lines
