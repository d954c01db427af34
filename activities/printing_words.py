"""What the papers say: the words of a language, and how a paper's values read in it."""

import tomllib
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal

from activities.printing_press import TEMPLATES, legible
from activities.rendering import FALLBACK, said, spoken
from activities.wording import day, flat, last_day, locale_of
from models.payload import Payload
from models.plan import Commitments
from models.policy import Sender


class Addressed(Payload):
    """Whom a paper is for, and in which case. `name` None: it names the customer by id only.

    `language` is that of the reader, `zone` the clock of the dates.
    """

    case: str
    account: str
    name: str | None
    language: str
    country: str
    zone: str
    sender: Sender


def by_id(case: str, commitments: Commitments, sender: Sender) -> Addressed:
    """To whoever reads the evidence: in English, the day before the month, and without the customer's name."""
    about = {"case": case, "account": commitments.account, "zone": commitments.timezone, "sender": sender}
    return Addressed(name=None, language="en", country="GB", **about)


class Words:
    """The words of one paper, from `templates/print/<language>/<paper>.toml`; each is one line in Jinja2."""

    def __init__(self, paper: str, about: Addressed, **values: Any) -> None:
        """`values` are what its sentences may name, beside those of `about`.

        A customer or contact whose name the fonts can't write is named by the account's id: a box is nobody.
        """
        language = paper_language(about.language)
        name = about.name if legible(about.name or "") else None
        self._source = _catalogue(language, paper)
        self.values: dict[str, Any] = {
            **about.sender.model_dump(),
            **about.model_dump(include={"case", "account", "zone"}),
            "name": name,
            "who": name or about.account,
            "language": language,
            "locale": locale_of(language, about.country),
            **values,
        }
        if not legible(values.get("contact", "")):
            self.values["contact"] = self.values["who"]
        self._country = about.country

    def say(self, name: str, **more: Any) -> str:
        """One sentence."""
        return said(self._source["sentences"][name], {**self.values, **more})

    def paragraphs(self, name: str, **more: Any) -> list[str]:
        """Those of a list that have something to say."""
        told = (said(source, {**self.values, **more}) for source in self._source["paragraphs"][name])
        return [text for text in told if text]

    def day(self, at: datetime, how: Literal["day", "last_day"]) -> str:
        """An instant as its day, or an exclusive end as the last day before it."""
        return (day if how == "day" else last_day)(self.values, at)

    def translated(self, table: str, ours: str) -> str:
        """Something that is in English elsewhere, as this language says it; as it is where nobody has said how."""
        return str(self._source[table].get(ours, ours))

    def sheet(self, title: str, foot: str) -> dict[str, Any]:
        """What every paper needs: labels, title, language, and the line at the foot of its pages."""
        labels = {name: flat(label) for name, label in self._source["labels"].items()}
        return {
            "words": labels,
            "title": title,
            "foot": foot,
            "company": flat(self.values["company"]),
            "language": self.values["language"],
            "country": self._country,
        }


def paper_language(language: str) -> str:
    """The language of the papers for a reader of this one: a language may have mails before it has papers."""
    written, _ = spoken(language)
    return written if (TEMPLATES / written).is_dir() else FALLBACK


@cache
def _catalogue(language: str, paper: str) -> Mapping[str, Any]:
    return tomllib.loads((TEMPLATES / language / f"{paper}.toml").read_text(encoding="utf-8"))
