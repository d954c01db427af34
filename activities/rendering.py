"""Renders a message: one Markdown source a language, two twins, text and HTML, with the same words.

A source's first line is `subject: …`, the rest Markdown with Jinja2. Operators may edit sources, so they run in
Jinja2's sandbox; values are hostile until proven otherwise, so each is flattened to one line and escaped before
Markdown is read. Source: DOMAIN messages.3; TRUST 15.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise
from typing import Any

import css_inline
from jinja2 import Template, TemplateNotFound
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

from activities.catalogue import CALLS, FALLBACK, LAYOUT, SHIPPED, TEMPLATES, Catalogue
from activities.plaintext import as_text, is_link_alone
from activities.sandbox import bodies, pages, subjects
from activities.wording import flat, locale_of
from models.payload import Payload
from models.vocabulary import MailKind

__all__ = ["FALLBACK", "TEMPLATES", "Rendered", "languages", "render", "said", "script", "short", "spoken", "subject"]
_ANY_CALL = "any"


class Rendered(Payload):
    """A message in the `language` in which it could be written; `why` says so when that isn't the one asked for.

    What isn't a mail has neither subject nor HTML.
    """

    subject: str
    text: str
    html: str
    language: str
    why: str = ""


def render(kind: MailKind, language: str, values: Mapping[str, Any], catalogue: Catalogue = SHIPPED) -> Rendered:
    """The mail of this kind, in its `manner` where that has a source of its own.

    `values` are those of `activities.facts`, with `zone` among them. Where a language has no such mail, or lacks a part
    of it, all of it is in English.

    Raises:
        jinja2.TemplateError: a source names a value that isn't given, or isn't Jinja2.
    """
    written, why = catalogue.spoken(language)
    try:
        return _mail(kind, written, values, catalogue).model_copy(update={"why": why})
    except TemplateNotFound as missing:
        if written == FALLBACK:
            raise
        why = f"there is no {missing.name}, so this {kind} is in {FALLBACK}"
        return _mail(kind, FALLBACK, values, catalogue).model_copy(update={"why": why})


def short(kind: MailKind, language: str, values: Mapping[str, Any], catalogue: Catalogue = SHIPPED) -> Rendered:
    """What goes by SMS or WhatsApp: a sentence or two, and where the rest is read; `values` as above.

    Source: DOMAIN messages.2.
    """
    asked, why = catalogue.spoken(language)
    source, written = catalogue.short(kind, values["manner"], asked)
    if written != asked:
        why = f"there is no short {kind} in {asked}, so this one is in {written}"
    text = flat(_line(source, catalogue).render(_given(values, written, catalogue)))
    return Rendered(subject="", text=text, html="", language=written, why=why)


def script(kind: MailKind, language: str, values: Mapping[str, Any], catalogue: Catalogue = SHIPPED) -> Rendered:
    """What the account manager says on the phone; `values` as above. Source: DOMAIN messages.2.

    A kind without a script of its own is told by its mail, which stands below.
    """
    written, why = catalogue.spoken(language)
    name = next((name for name in _calls(kind, values["manner"], written) if catalogue.find(name)), "")
    if not name:
        written, why = FALLBACK, why or f"there is no call/{kind} in {written}, so this one is in {FALLBACK}"
        name = next(name for name in _calls(kind, values["manner"], written) if catalogue.find(name))
    title = flat(subjects(catalogue).get_template(name).render(_given(values, written, catalogue)))
    text = as_text(_parsed(name, _given(values, written, catalogue), catalogue))
    if name.endswith(f"/{_ANY_CALL}.md"):
        text = f"{text}\n{render(kind, written, values, catalogue).text}"
    return Rendered(subject=title, text=text, html="", language=written, why=why)


def subject(
    kind: MailKind, language: str, values: Mapping[str, Any], manner: str, catalogue: Catalogue = SHIPPED
) -> str:
    """Only the subject, for a preview; subjects use `company` and `product`, nothing else."""
    written, _ = catalogue.spoken(language)
    name = catalogue.source_of(kind, manner, written)
    if not catalogue.find(name):
        name = catalogue.source_of(kind, manner, FALLBACK)
    return flat(subjects(catalogue).get_template(name).render(values))


def said(source: str, values: Mapping[str, Any]) -> str:
    """A source of one line as plain text, for the papers; `values` hold `language`, `locale` and `zone`."""
    return flat(_line(source, SHIPPED).render(values))


def languages() -> frozenset[str]:
    """Those that ours are written in."""
    return SHIPPED.languages


def spoken(language: str) -> tuple[str, str]:
    """The language of ours that is written for this one, and why where it is another."""
    return SHIPPED.spoken(language)


def _mail(kind: MailKind, written: str, values: Mapping[str, Any], catalogue: Catalogue) -> Rendered:
    name = catalogue.source_of(kind, values["manner"], written)
    given = _given(values, written, catalogue)
    title = flat(subjects(catalogue).get_template(name).render(given))
    tokens = _parsed(name, given, catalogue)
    html = Markup(_markdown().renderer.render(tokens, _markdown().options, {}))  # noqa: S704 - made by markdown-it with HTML off
    around = {"subject": title, "body": html, "language": written, "company": flat(given["company"])}
    page = pages(catalogue).get_template(LAYOUT).render(around)
    return Rendered(subject=title, text=as_text(tokens), html=_inliner().inline(page), language=written)


def _given(values: Mapping[str, Any], written: str, catalogue: Catalogue) -> dict[str, Any]:
    locale = locale_of(written, values["country"])
    return {**values, "language": written, "locale": locale, "words": catalogue.words(written)}


def _parsed(name: str, given: Mapping[str, Any], catalogue: Catalogue) -> Sequence[Token]:
    tokens = _markdown().parse(bodies(catalogue).get_template(name).render(given))
    for opening, inside in pairwise(tokens):
        if opening.type == "paragraph_open" and is_link_alone(inside):
            opening.attrSet("class", "action")
    return tokens


def _calls(kind: MailKind, manner: str, language: str) -> tuple[str, ...]:
    """From the one that fits best to the one that always does."""
    here = f"{language}/{CALLS}"
    return f"{here}/{kind}.{manner}.md", f"{here}/{kind}.md", f"{here}/{_ANY_CALL}.md"


@cache
def _line(source: str, catalogue: Catalogue) -> Template:
    return subjects(catalogue).from_string(source)


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def _inliner() -> css_inline.CSSInliner:
    """Keeps the rules for dark screens, which no attribute can hold; fetches nothing."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
