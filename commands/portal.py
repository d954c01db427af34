"""The link to the customer's own page: for whoever has lost the mail, or asks how to leave."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from commands.options import AccountArgument, Json
from commands.printing import say, show
from commands.refused import Exit, Refused
from models.vocabulary import Cause, Mode, Stage
from rules.manner import FOR_CAUSE, manner

if TYPE_CHECKING:
    from connectors.opening import Connections
    from rules.links import Links

TO_LEAVE = timedelta(days=30)
_CALLED_OFF = frozenset({Stage.WITHDRAWN, Stage.REINSTATED, Stage.RESUMED, Stage.REFUSED})


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(portal)


def portal(account: AccountArgument, as_json: Json = False) -> None:
    """Print the link to the customer's own page; where no exit runs, to the page that begins one."""
    from commands.session import connections

    link, until, case = link_for(connections(), account, datetime.now(UTC))
    if as_json:
        show({"account": account, "case": case, "link": link, "until": until.isoformat()})
    else:
        what = f"the page of the exit {case}" if case else "the page on which an exit begins"
        say(f"{link}\n{what}; good until {until:%Y-%m-%d %H:%M %Z}. Whoever has it may speak for the customer")


def link_for(at: "Connections", account: str, now: datetime) -> tuple[str, datetime, str]:
    """The link, until when it is good, and of which case; none: it leads to where one begins.

    Raises:
        Refused: 2 the pages have no address or no key; 3 no such account; 4 nobody outside may know of the case yet.
    """
    from commands.session import facts_of
    from rules.links import links_of

    links = links_of(at.settings.public_url, at.settings.link_key)
    if links is None:
        what = "links need FAREWELL_PUBLIC_URL and FAREWELL_LINK_KEY"
        raise Refused(Exit.USAGE, what, "set both, and serve the pages: farewell-web")
    row = at.cases.case(account) or at.cases.by_id(account)
    if row is None or row["stage"] in _CALLED_OFF:
        facts_of(at, account)
        until = now + TO_LEAVE
        return f"{links.to_portal('', account, until)}/leave", until, ""
    _refuse_unheard_of(row)
    link, until = portal_link(at, links, row)
    return link, until, str(row["id"])


def portal_link(at: "Connections", links: "Links", row: Mapping[str, Any]) -> tuple[str, datetime]:
    """The link to the page of a case, and until when it is good: the same as in its mails."""
    from activities.facts import plan_of
    from rules.links import portal_until

    plan = plan_of(at.cases, row["id"], row["account"])
    expire = plan.commitments.dates.get("backups_expire") if plan else None
    until = portal_until(row["opened_at"], expire.at if expire else None)
    return links.to_portal(row["id"], row["account"], until), until


def is_unheard_of(case: Mapping[str, Any]) -> bool:
    """Of an eject for a cause of ours nobody hears before it is approved. Source: DOMAIN messages.5, modes.3."""
    told = case["state"].get("cause") or (case["state"].get("request") or {}).get("cause")
    for_cause = manner(Mode(case["mode"]), Cause(told) if told else None) == FOR_CAUSE
    return for_cause and case["stage"] in {Stage.REQUESTED, Stage.APPROVAL, Stage.REFUSED}


def _refuse_unheard_of(row: Mapping[str, Any]) -> None:
    if is_unheard_of(row):
        what = f"of the exit {row['id']}, for a cause of ours, the customer hears nothing before it is approved"
        raise Refused(Exit.REFUSED, what, f"farewell status {row['account']} shows what to approve")
