"""Pages by Jinja2, in the reader's language and calendar; every value is text until a page says otherwise."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale
from babel.dates import format_date, format_time
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from activities.wording import FILTERS, flat, locale_of
from models.account import AccountFacts
from models.policy import Sender
from web.catalogues import FALLBACK, TEMPLATES, languages, sentences

_MINUTE = timedelta(minutes=1)
_SUBTAG = re.compile(r"[-_;]")
STYLE = (TEMPLATES / "style.css").read_text(encoding="utf-8")


class Pages:
    """Renders the pages of one operator."""

    def __init__(self, sender: Sender) -> None:
        """`sender` is who speaks, and whom the reader may ask."""
        self._sources = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._sources.filters.update({**FILTERS, "flat": flat, "last_minute": last_minute, "moment": moment})
        tongues = {each: own_name(each) for each in languages()}
        self._sources.globals |= {"sender": sender, "style": Markup(STYLE), "languages": tongues}  # noqa: S704  # our own file

    def page(
        self, name: str, request: Request, facts: AccountFacts | None, status: int = 200, **values: Any
    ) -> HTMLResponse:
        """The page of this name; of whom nothing is known reads it by the clock of UTC."""
        language = language_of(request, facts)
        given = {
            "say": Words(language),
            "language": language,
            "locale": locale_of(language, facts.account.country if facts else ""),
            "zone": facts.account.timezone if facts else "UTC",
            "account": facts.account if facts else None,
        }
        return HTMLResponse(self._sources.get_template(f"{name}.html").render(given | values), status)


class Words:
    """What a page says in one language: `say("until", day=…)`; what is laid into a sentence is escaped."""

    def __init__(self, language: str) -> None:
        """The catalogue of that language."""
        self._sentences = sentences(language)

    def __call__(self, name: str, /, **values: object) -> Markup:
        """The sentence of this name; only ours holds marks."""
        return Markup(self._sentences[name]).format(**values)  # noqa: S704  # our own file; `format` escapes the values


@pass_context
def moment(context: Mapping[str, Any], at: datetime) -> str:
    """Day and minute by the reader's clock: `4 de diciembre de 2026, 23:59`."""
    local = at.astimezone(ZoneInfo(context["zone"]))
    locale = context["locale"]
    return f"{format_date(local, 'long', locale=locale)}, {format_time(local, 'short', locale=locale)}"


@pass_context
def last_minute(context: Mapping[str, Any], end: datetime) -> str:
    """The last minute before an exclusive end. Source: DOMAIN dates.1."""
    return str(moment(context, end - _MINUTE))


def own_name(language: str) -> str:
    """What a language calls itself, as its readers look for it."""
    name = Locale.parse(language).get_display_name(language) or language
    return name[:1].upper() + name[1:]


def language_of(request: Request, facts: AccountFacts | None) -> str:
    """As the address says, else as the main contact reads, else as the account does, else as the browser asks."""
    contacts = [contact.language for contact in facts.contacts[:1]] if facts else []
    accounts = [facts.account.language] if facts else []
    spoken = [request.query_params.get("language", ""), *contacts, *accounts, *_accepted(request)]
    bases = (_SUBTAG.split(word.strip().lower())[0] for word in spoken)
    return next((base for base in bases if base in languages()), FALLBACK)


def _accepted(request: Request) -> list[str]:
    """In the order in which browsers list them: the one liked best comes first."""
    return request.headers.get("accept-language", "").split(",")
