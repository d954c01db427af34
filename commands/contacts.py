"""How the customer wants to hear from us."""

import uuid
from typing import TYPE_CHECKING, Annotated

import typer

from commands.options import AccountArgument, As, Json, MaybeLanguage
from models.vocabulary import Channel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from connectors.opening import Connections


def mount(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(contact)


def contact(
    account: AccountArgument,
    *,
    channel: Annotated[Channel | None, typer.Option(help="How to write.")] = None,
    language: MaybeLanguage = None,
    come_back: Annotated[
        bool | None, typer.Option("--come-back/--no-come-back", help="One offer, months later.")
    ] = None,
    who: As = None,
    as_json: Json = False,
) -> None:
    """Change how, in which language and whether the customer hears from us."""
    from commands.decisions import tell
    from commands.refused import Exit, Refused
    from commands.sending import deliver_to
    from commands.session import acting, case_of, connections
    from models.updates import ContactPreference

    if channel is None and language is None and come_back is None:
        raise Refused(Exit.USAGE, "nothing to change", "name --channel, --language or --come-back")
    at = connections()
    payload = ContactPreference(
        actor=acting(at, who), key=uuid.uuid4().hex, channel=channel, language=language, come_back=come_back
    )
    case = case_of(at, account)
    tell(deliver_to(at, case, _who_writes(at, case), "set_contact_preference", payload), as_json=as_json)


def _who_writes(at: "Connections", case: "Mapping[str, object]") -> str:
    """After the goodbye the follow-ups write, before it the case."""
    from commands.follow_ups import follow_up_of
    from models.vocabulary import MailKind

    gone = case["ended_at"] is not None
    said = gone or any(m.kind is MailKind.GOODBYE for m in at.outbox.messages(str(case["id"])))
    return follow_up_of(case) if said else str(case["workflow_id"])
