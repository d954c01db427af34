"""Legal holds: they stand at once, with or without a case. Source: DOMAIN erasure.3."""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from commands.holds_listed import list_holds
from commands.options import AccountArgument, As, Json, in_words
from commands.printing import say, show
from commands.refused import Exit, Refused

if TYPE_CHECKING:
    from connectors.opening import Connections
    from models.account import Actor
    from models.updates import HoldWord

GroundOption = Annotated[
    str | None,
    typer.Option(parser=in_words, metavar="TEXT", help="The ground: a case number, a letter. Places a hold."),
]
HoldOption = Annotated[str | None, typer.Option("--hold", help="Which hold, where several stand.")]


class _PlacesToo(TyperGroup):
    """`hold ACCOUNT …` places or confirms a hold, as it did before there was `hold list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """What isn't one of the commands is meant for `place`."""
        if args and args[0] not in self.commands and args[0] != "--help":
            args = ["place", *args]
        return super().parse_args(ctx, args)


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    usage = "[place] ACCOUNT --ground TEXT | ACCOUNT --confirm | list [ACCOUNT]"
    about = "Keep data from erasure: place a hold, confirm one, list those that stand."
    holds = typer.Typer(cls=_PlacesToo, help=about, subcommand_metavar=usage, no_args_is_help=True)
    holds.command()(place)
    holds.command("list")(list_holds)
    app.add_typer(holds, name="hold")
    app.command()(release)


def place(
    account: AccountArgument,
    *,
    ground: GroundOption = None,
    data_sets: Annotated[list[str] | None, typer.Option("--data-set", help="Only this one; may be repeated.")] = None,
    confirm: Annotated[bool, typer.Option("--confirm", help="Confirm the hold that somebody else placed.")] = False,
    quiet: Annotated[
        bool,
        typer.Option("--quiet", help="The customer isn't told, whatever the policy allows: an order may forbid it."),
    ] = False,
    which: HoldOption = None,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Place a hold, or confirm one that somebody else placed. A leaving customer is told if the policy allows it."""
    from models.updates import HoldWord
    from rules.holds import confirm_by

    if confirm == (ground is not None):
        raise Refused(Exit.USAGE, "a hold is placed or confirmed", "use either --ground TEXT or --confirm")
    at, actor = _compliance(account, who)
    now, until, tell = datetime.now(UTC), None, False
    if ground is not None:
        _refuse_unknown(at, data_sets or [])
        standing = at.cases.place_hold(account, actor, ground, data_sets or [], now)
        update, text, until = "place_hold", "stands", confirm_by(now, at.policy.house.hold_confirm_days)
        tell = not quiet and _may_be_told(at, account, now)
    else:
        standing = _standing(at, account, which)
        _asked(at.cases.confirm_hold, standing, actor)
        update, text = "confirm_hold", "is confirmed"
    word = HoldWord(actor=actor, key=uuid.uuid4().hex, hold=standing, confirm_by=until, tell=tell)
    _tell_case(at, account, update, word)
    _tell(account, standing, text, as_json=as_json)


def release(account: AccountArgument, which: HoldOption = None, who: As = None, as_json: Json = False) -> None:
    """Ask for a hold's release; the second person's word releases it."""
    from models.updates import HoldWord

    at, actor = _compliance(account, who)
    standing = _untold(at, account, which)
    released = standing is not None
    if standing is None:
        standing = _standing(at, account, which)
        released = _asked(at.cases.release_hold, standing, actor)
    text = "is released" if released else "stands until a second person releases it too"
    _tell_case(at, account, "release_hold", HoldWord(actor=actor, key=uuid.uuid4().hex, hold=standing))
    _tell(account, standing, text, as_json=as_json)


def _may_be_told(at: "Connections", account: str, now: datetime) -> bool:
    """By the policy and the customer's own calendar; who is erased can't be told anything."""
    from zoneinfo import ZoneInfo

    from connectors.errors import NotFound
    from rules.holds import may_be_told

    try:
        facts = at.directory.facts(account)
    except NotFound:
        return False
    return may_be_told(at.policy, facts, now.astimezone(ZoneInfo(facts.account.timezone)).date())


def _refuse_unknown(at: "Connections", names: list[str]) -> None:
    from rules.holds import can_be_held

    known = can_be_held(at.inventory)
    if unknown := [name for name in names if name not in known]:
        raise Refused(Exit.USAGE, f"there is no data set {unknown[0]}", f"one of: {', '.join(known)}")


def _compliance(account: str, who: str | None) -> tuple["Connections", "Actor"]:
    """The connections and the person, who must be of compliance; the account must be known or have a case."""
    from commands.session import acting, connections, facts_of
    from models.vocabulary import Role

    at = connections()
    actor = acting(at, who)
    if at.cases.case(account) is None:
        facts_of(at, account)
    if Role.COMPLIANCE not in actor.roles:
        raise Refused(Exit.REFUSED, f"{actor.id} may not hold or release", "it needs the role compliance")
    return at, actor


def _standing(at: "Connections", account: str, which: str | None) -> str:
    standing = [row["id"] for row in at.cases.holds(account)]
    if which in standing or (which is None and len(standing) == 1):
        return which or str(standing[0])
    if which is None and standing:
        raise Refused(Exit.USAGE, f"several holds stand: {', '.join(standing)}", "name one: --hold ID")
    raise Refused(Exit.NOT_FOUND, f"no such hold stands on {account}", f"farewell hold {account} --ground places one")


def _untold(at: "Connections", account: str, which: str | None) -> str | None:
    """A hold that was released in the database when the case couldn't be told: asking again tells it."""
    from commands.standing import look

    case = at.cases.case(account)
    live = look(at, case) if case else None
    standing = {row["id"] for row in at.cases.holds(account)}
    left = [hold for hold in live.holds if hold not in standing] if live else []
    return next((hold for hold in left if which in (None, hold)), None)


def _asked(ask: Any, standing: str, actor: "Actor") -> Any:
    from connectors.errors import Rejected

    try:
        return ask(standing, actor, datetime.now(UTC))
    except Rejected as no:
        raise Refused(Exit.REFUSED, no.what, no.fix) from None


def _tell_case(at: "Connections", account: str, update: str, word: "HoldWord") -> None:
    """Tells the running case, if there is one. The hold itself is in SQL already, and erasure reads it there."""
    from commands.sending import deliver
    from connectors.errors import ConnectorError
    from models.vocabulary import Stage

    case = at.cases.case(account)
    if case is None or case["ended_at"] is not None or case["stage"] == Stage.CERTIFY:
        return
    try:
        deliver(at, case, update, word)
    except ConnectorError as error:
        what = f"done in the database, which erasure obeys, but the case wasn't told: {error}"
        raise Refused(Exit.OUTSIDE, what, "farewell doctor") from None


def _tell(account: str, standing: str, text: str, *, as_json: bool) -> None:
    if as_json:
        show({"account": account, "hold": standing, "text": text})
    else:
        say(f"{account}: hold {standing} {text}")
