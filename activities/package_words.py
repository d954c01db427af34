"""The README of a package, in the customer's language: what is what, how to read it, how to check it."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel.dates import format_date
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from activities.package_description import DATA
from activities.wording import flat, locale_of
from models.account import Account
from models.package import FilesPart, TablesPart
from models.policy import Sender

FALLBACK = "en"
_SOURCES = Path(__file__).with_name("package_readme")
LANGUAGES = frozenset(path.name.split(".")[1] for path in _SOURCES.glob("README.*.md"))
# Many read the source itself, so only what would break a table or make emphasis, a link, code or HTML is escaped:
# not the underscore within `parent_id`, nor an ampersand that begins no entity.
_MARKS = re.compile(r"[\\`\[\]<>|*~]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")


class Readme:
    """Who reads it and who writes it."""

    def __init__(self, account: Account, sender: Sender, case: str, at: datetime) -> None:
        """A customer of another language gets English."""
        self.language = account.language if account.language in LANGUAGES else FALLBACK
        self.path = f"{DATA}README.{self.language}.md"
        self.case = case
        day = at.astimezone(ZoneInfo(account.timezone)).date()
        made_on = format_date(day, "long", locale=locale_of(self.language, account.country))
        self._given = {"account": account.name, "sender": sender, "case": case, "made_on": made_on}

    def written(self, tables: TablesPart, file_sets: Sequence[FilesPart], about: dict[str, str]) -> bytes:
        """The text; `about` says of a part, by its name, what it is."""
        source = _sources().get_template(f"README.{self.language}.md")
        given = {
            "own": [part for part in tables.tables if not part.shared],
            "shared": [part for part in tables.tables if part.shared],
            "formats": {part.format for part in tables.tables},
            "base64": tables.dialect != "postgresql",
        }
        return source.render(self._given, **given, file_sets=file_sets, about=about).encode()


@cache
def _sources() -> Environment:
    sources = Environment(
        loader=FileSystemLoader(_SOURCES),
        undefined=StrictUndefined,
        autoescape=select_autoescape(),
        keep_trailing_newline=True,
    )
    sources.filters |= {"escaped": _escaped, "within": lambda path: path.removeprefix(DATA)}
    return sources


def _escaped(text: str) -> str:
    return _MARKS.sub(r"\\\g<0>", flat(text))
