"""The policy: checked, and shown as it applies to somebody on a day."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import Json, MaybeAccount, MaybeDay
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from models.policy import Policy
    from rules.policy_found import Finding

File = Annotated[Path | None, typer.Option("--policy", metavar="PATH", help="The file; else FAREWELL_POLICY_FILE.")]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    policy = typer.Typer(help="What the operator decides, as data.", no_args_is_help=True)
    policy.command()(check)
    policy.command("show")(show_terms)
    app.add_typer(policy, name="policy")


def check(
    policy: File = None,
    accounts: Annotated[bool, typer.Option("--accounts", help="Look for contracts that no account has, too.")] = False,
    as_json: Json = False,
) -> None:
    """Look for gaps, contradictions, and what can't be reached or can't be meant."""
    from rules.policy_check import findings, nobodys

    written = _read(policy)
    found = findings(written)
    if accounts:
        found += nobodys(written, _contracts())
    if as_json:
        show([finding.model_dump() for finding in found])
    else:
        say(_told(found, written))
    if found:
        raise typer.Exit(Exit.WRONG)


def show_terms(at: MaybeDay = None, account: MaybeAccount = None, policy: File = None, as_json: Json = False) -> None:
    """Show which clause applies on a day, what it says, and why it and no other."""
    from commands.policy_shown import shown_for_account, shown_for_all, tell
    from rules.policy import NoClause

    try:
        if account is None:
            found = shown_for_all(_read(policy), at or datetime.now(UTC).date())
        else:
            found = shown_for_account(account, at, _read(policy) if policy else None)
    except NoClause as silent:
        raise Refused(Exit.REFUSED, str(silent), "farewell policy check names the gap") from None
    if as_json:
        show(found.model_dump(mode="json"))
    else:
        tell(found)


def _read(path: Path | None) -> "Policy":
    """The file that is named, else that of the settings: none of the others needs to be set."""
    from connectors.configuration import home, load_environment, read_file
    from models.policy import read_policy
    from models.settings import Settings

    if path is not None:
        return read_file("--policy", path, read_policy)
    load_environment(home())
    told = os.environ.get("FAREWELL_POLICY_FILE")
    return read_file("FAREWELL_POLICY_FILE", Path(told or Settings.model_fields["policy_file"].default), read_policy)


def _contracts() -> set[str]:
    """All that the directory knows, those that have ended, too."""
    from commands.session import connections

    return {contract.id for facts in connections().directory.accounts() for contract in facts.contracts}


def _told(found: tuple["Finding", ...], policy: "Policy") -> str:
    from rules.policy_found import every

    if found:
        return "\n".join(f"WRONG  {finding}" for finding in found)
    return f"nothing is wrong: policy {policy.version}, {sum(1 for _ in every(policy))} clauses"
