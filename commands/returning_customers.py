"""`farewell return`: a customer of before is here again. Source: DOMAIN messages.9; SEEDS 000: "lost for now"."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Json
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.opening import Connections
    from models.messages import Kept


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("return")(come_back)


def come_back(
    account: AccountArgument,
    package: Annotated[
        str | None, typer.Option("--package", metavar="PLACE", help="What they had kept: a folder, or s3://bucket/…")
    ] = None,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Welcome a customer who was erased and imported again: restore what they bring, stop the goodbyes, greet them."""
    from commands.returning_heard import noted
    from commands.returning_package import bring_back
    from commands.session import connections

    at = connections()
    case = _left_and_back(at, account, who)
    rows = bring_back(at, account, package) if package else None
    unheard = noted(at, account, restored=package is not None)
    greeting = _greeted(at, str(case["id"]), account, rows or 0)
    left = list(_left_to_do(at, account, brought=bool(package)))
    if as_json:
        state = greeting.state if greeting else None
        show({"account": account, "case": case["id"], "restored_rows": rows, "greeting": state, "to_do": left})
        return
    say(f"{account} is back{unheard}.")
    if rows is not None:
        say(f"Their package is restored: {rows} rows, under the keys of before.")
    say(_in_words(greeting))
    say("\n".join(["Left to do:", *(f"- {each}" for each in left)]) if left else "Nothing is left to do.")


def _left_and_back(at: "Connections", account: str, who: str | None) -> "Mapping[str, Any]":
    """The exit by which they had left.

    Raises:
        Refused: 3 no such account or person; 4 it never left, or isn't here (again).
    """
    from commands.returning_heard import last_exit
    from commands.session import acting, facts_of
    from models.vocabulary import Role

    actor = acting(at, who)
    facts_of(at, account)
    if Role.ACCOUNT_MANAGER not in actor.roles:
        raise Refused(Exit.REFUSED, f"{actor.id} may not welcome anybody", "it needs the role account_manager")
    newest, case = at.cases.case(account), last_exit(at, account)
    if newest is not None and newest["ended_at"] is None:
        fix = (
            f"before the erasure one word brings it back: farewell withdraw {account}, or farewell reinstate {account}"
        )
        raise Refused(Exit.REFUSED, f"{account} is still leaving", fix)
    if case is None:
        raise Refused(Exit.REFUSED, f"{account} has never left", f"farewell status {account} tells how it stands")
    if at.directory.is_erased(account):
        raise Refused(Exit.REFUSED, f"{account} was erased and isn't here yet", "first: farewell import FILE")
    return case


def _greeted(at: "Connections", case: str, account: str, rows: int) -> "Kept | None":
    """Once a return; None where there is nobody to greet."""
    from activities.catalogue import Catalogue
    from activities.greeting import Greeting
    from connectors.errors import NotFound
    from rules.links import links_of

    greeting = Greeting(
        directory=at.directory,
        store=at.cases,
        outbox=at.outbox,
        messenger=at.messenger,
        policy=at.policy,
        inventory=at.inventory,
        links=links_of(at.settings.public_url, at.settings.link_key),
        catalogue=Catalogue(at.settings.messages_folder),
        has_webhook=bool(at.settings.messages_webhook_url),
    )
    try:
        return greeting.greet(case, account, rows, datetime.now(UTC))
    except NotFound:
        return None


def _in_words(greeting: "Kept | None") -> str:
    if greeting is None:
        return "There is no contact to greet: import one, and ask again."
    if greeting.state == "to_call":
        return f"They prefer the telephone. Call {greeting.recipient} and say:\n\n{greeting.text}"
    if greeting.state == "skipped":
        return f"They weren't greeted: {greeting.why}."
    return "They are greeted."


def _left_to_do(at: "Connections", account: str, *, brought: bool) -> Iterator[str]:
    """What Farewell can't do by itself: a return is a new agreement. Source: DOMAIN stages.7, messages.9."""
    from connectors.errors import ConnectorError
    from rules.contracts import active

    facts, now = at.directory.facts(account), datetime.now(UTC)
    if not active(facts.contracts):
        yield "a new contract: farewell import FILE, under an id of its own; the old one has ended"
    try:
        if not at.billing.state(account, now).subscriptions:
            yield "a subscription in the billing system: nothing is charged yet"
    except ConnectorError as error:
        yield f"billing: {error.what}{f'; {error.fix}' if error.fix else ''}"
    if not at.identity.count(account, active=True):
        yield "users: nobody can sign in; the passwords and keys of before were destroyed"
    if at.cases.holds(account):
        yield f"a legal hold still stands on it: farewell hold list {account}"
    if not brought:
        yield f"their data, if they have kept the package: farewell return {account} --package FOLDER"
