"""Payloads on Temporal's own page, for those who may read them."""

from datetime import UTC, datetime, timedelta

import typer

from commands.options import As, Json
from commands.printing import say, show

_GOOD_FOR = timedelta(hours=8)


def mount(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(codec)


def codec(who: As = None, as_json: Json = False) -> None:
    """Print a link that lets you read payloads on Temporal's own page for eight hours."""
    from commands.refused import Exit, Refused
    from commands.session import acting, connections
    from models.vocabulary import Role
    from rules.links import links_of

    at = connections()
    ours, page = at.settings.public_url, at.settings.temporal_ui_url
    links = links_of(ours, at.settings.link_key)
    if links is None or ours is None or page is None:
        what = "the codec endpoint needs FAREWELL_PUBLIC_URL, FAREWELL_LINK_KEY and FAREWELL_TEMPORAL_UI_URL"
        raise Refused(Exit.USAGE, what, "set them, and serve the pages: farewell-web")
    person = acting(at, who)
    if not {Role.COMPLIANCE, Role.ENGINEER} & set(person.roles):
        what = f"{person.id} may not see payloads"
        raise Refused(Exit.REFUSED, what, "it takes the role compliance, or engineer for all but what is personal")
    until = datetime.now(UTC) + _GOOD_FOR
    link, endpoint = links.to_codec(person.id, until), f"{ours.rstrip('/')}/codec"
    if as_json:
        show({"person": person.id, "link": link, "until": until.isoformat(), "endpoint": endpoint})
        return
    say(f"{link}\nopen it in your browser; it is yours alone and good until {until:%Y-%m-%d %H:%M %Z}")
    say(f"then, once a browser, at the glasses on {page}: use your browser's setting, the endpoint")
    say(f"{endpoint}, and include cross-origin credentials")
