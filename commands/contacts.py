"""How the customer wants to hear from us."""

import uuid
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands.options import AccountArgument, As, Json, MaybeLanguage
from models.vocabulary import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.opening import Connections

_HOURS_A_DAY = 24


class Hours(tuple[int, int]):
    """From when until when, in hours of the contact's day."""

    __slots__ = ()


def _hours(text: str) -> Hours:
    begins, _, ends = text.partition("-")
    if begins.isdecimal() and ends.isdecimal() and 0 <= int(begins) < int(ends) <= _HOURS_A_DAY:
        return Hours((int(begins), int(ends)))
    raise typer.BadParameter(f"{text!r} are no hours; write them as 9-17.")


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(contact)


def contact(
    account: AccountArgument,
    *,
    channel: Annotated[Channel | None, typer.Option(help="How to write.")] = None,
    language: MaybeLanguage = None,
    hours: Annotated[
        Hours | None, typer.Option(parser=_hours, metavar="FROM-TO", help="Hours of their day, 9-17; 0-24 is any.")
    ] = None,
    come_back: Annotated[
        bool | None, typer.Option("--come-back/--no-come-back", help="One offer, months later.")
    ] = None,
    hear_of_products: Annotated[
        bool | None, typer.Option("--hear-of-products/--no-hear-of-products", help="News of other products.")
    ] = None,
    would_recommend: Annotated[
        bool | None, typer.Option("--would-recommend/--no-would-recommend", help="They would recommend us if asked.")
    ] = None,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Change how, when, in which language and whether the customer hears from us."""
    from commands.decisions import tell
    from commands.refused import Exit, Refused
    from commands.sending import deliver_to
    from commands.session import acting, case_of, connections
    from models.updates import ContactPreference

    told: dict[str, Any] = {"channel": channel, "language": language, "come_back": come_back}
    told |= {"hear_of_products": hear_of_products, "would_recommend": would_recommend}
    told |= {"hours_from": hours[0], "hours_to": hours[1]} if hours else {}
    chosen = {name: value for name, value in told.items() if value is not None}
    if not chosen:
        raise Refused(Exit.USAGE, "nothing to change", "name --channel, --language, --hours or a choice of theirs")
    at = connections()
    payload = ContactPreference(actor=acting(at, who), key=uuid.uuid4().hex, **chosen)
    case = case_of(at, account)
    tell(deliver_to(at, case, _who_writes(at, case), "set_contact_preference", payload), as_json=as_json)


def _who_writes(at: "Connections", case: "Mapping[str, object]") -> str:
    """After the goodbye the follow-ups write, before it the case."""
    from commands.sending import follow_up_of
    from models.vocabulary import MailKind

    gone = case["ended_at"] is not None
    said = gone or any(m.kind is MailKind.GOODBYE for m in at.outbox.messages(str(case["id"])))
    return follow_up_of(case) if said else str(case["workflow_id"])
