"""The list of addresses that get no more but what the law requires. Source: DOMAIN messages.8."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import As, Json
from commands.printing import say, show
from models.vocabulary import StopGround

if TYPE_CHECKING:
    from connectors.store.suppression import SqlSuppression

_FROM_STDIN = "-"
AddressArgument = Annotated[
    str, typer.Argument(metavar="ADDRESS", help="A mail address or number; - reads one a line from standard input.")
]


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    suppress = typer.Typer(help="Whom we don't write to but by law.", no_args_is_help=True)
    for command in (add, check, lift):
        suppress.command()(command)
    app.add_typer(suppress, name="suppress")


def add(
    address: AddressArgument,
    *,
    ground: Annotated[StopGround, typer.Option(help="Why.")] = StopGround.OPT_OUT,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Keep an address off: no thanks, no reminders, no offers, whatever contract comes next."""
    found, today = _list(who), datetime.now(UTC).date()
    new = [found.add(each, ground.value, today) for each in _addresses(address)]
    told = {"added": sum(new), "known": len(new) - sum(new)}
    if as_json:
        show(told)
    else:
        say(f"{told['added']} added, {told['known']} were on the list; only keyed hashes are kept")


def check(address: AddressArgument, who: As = None, as_json: Json = False) -> None:
    """Say whether an address is on the list, and on which ground."""
    found = _list(who)
    for each in _addresses(address):
        ground = found.holds(each)
        if as_json:
            show({"suppressed": ground is not None, "ground": ground})
        else:
            say(f"on the list: {ground.replace('_', ' ')}" if ground else "not on the list")


def lift(address: AddressArgument, who: As = None, as_json: Json = False) -> None:
    """Take an address off: its owner has asked to hear from us again."""
    found = _list(who)
    lifted = sum(found.lift(each) for each in _addresses(address))
    if as_json:
        show({"lifted": lifted})
    else:
        say(f"{lifted} lifted" if lifted else "not on the list")


def _list(who: str | None) -> "SqlSuppression":
    """The list, for those of ours who speak with customers or answer for what they may be sent."""
    from commands.refused import Exit, Refused
    from commands.session import acting, connections
    from models.vocabulary import Role

    at = connections()
    person = acting(at, who)
    if not {Role.ACCOUNT_MANAGER, Role.COMPLIANCE} & set(person.roles):
        what = f"{person.id} may not see or change who isn't written to"
        raise Refused(Exit.REFUSED, what, "it takes the role account_manager or compliance")
    if at.suppression is None:
        what = "there is no list without FAREWELL_SUPPRESSION_KEY, and no message goes that the law doesn't require"
        raise Refused(Exit.USAGE, what, "set it once and for all: openssl rand -base64 32")
    return at.suppression


def _addresses(address: str) -> Iterator[str]:
    """All are looked at before the first is taken: nothing is done by halves."""
    from commands.refused import Exit, Refused
    from models.addresses import in_one_form

    lines = sys.stdin.read().splitlines() if address == _FROM_STDIN else [address]
    forms = []
    for number, line in enumerate(lines, 1):
        try:
            forms += [in_one_form(line)] if line.strip() else []
        except ValueError as no:
            where = f"line {number}: " if address == _FROM_STDIN else ""
            raise Refused(Exit.USAGE, f"{where}{no}", "write ana@example.com or +34600112233") from None
    yield from forms
