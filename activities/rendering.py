"""Renders a mail: one Markdown source a language, two twins, text and HTML, with the same words.

A source's first line is `subject: …`, the rest Markdown with Jinja2. Operators may edit sources, so they run in
Jinja2's sandbox; values are hostile until proven otherwise, so each is flattened to one line and escaped before
Markdown is read. Source: DOMAIN messages.3; TRUST 15.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import css_inline
from jinja2 import FileSystemLoader, StrictUndefined, Template
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt
from markupsafe import Markup

from activities.plaintext import as_text
from activities.wording import FILTERS, escaped, flat, locale_of
from models.payload import Payload
from models.vocabulary import MailKind

TEMPLATES = Path(__file__).with_name("templates")
FALLBACK = "en"
_SUBJECT = "subject:"


class Rendered(Payload):
    """A mail in the `language` in which it could be written; `why` says so when that isn't the one asked for."""

    subject: str
    text: str
    html: str
    language: str
    why: str = ""


def render(kind: MailKind, language: str, values: Mapping[str, Any]) -> Rendered:
    """The mail of this kind, in its `manner` where that has a source of its own.

    `values` are those of `activities.facts`, with `zone` among them.

    Raises:
        jinja2.TemplateError: a source names a value that isn't given, or isn't Jinja2.
    """
    written, why = spoken(language)
    subject, body = _source(kind, written, values["manner"])
    given = {**values, "language": written, "locale": locale_of(written, values["country"])}
    tokens = _markdown().parse(body.render(given))
    title = flat(subject.render(given))
    html = Markup(_markdown().renderer.render(tokens, _markdown().options, {}))  # noqa: S704 - made by markdown-it with HTML off
    page = _layout().render(subject=title, body=html, language=written, company=flat(given["company"]))
    return Rendered(subject=title, text=as_text(tokens), html=_inliner().inline(page), language=written, why=why)


def subject(kind: MailKind, language: str, values: Mapping[str, Any], manner: str) -> str:
    """Only the subject, for a preview; subjects use `company` and `product`, nothing else."""
    written, _ = spoken(language)
    return flat(_source(kind, written, manner)[0].render(values))


def said(source: str, values: Mapping[str, Any]) -> str:
    """A source of one line as plain text, for the papers; `values` hold `language`, `locale` and `zone`."""
    return flat(_line(source).render(values))


@cache
def languages() -> frozenset[str]:
    """Those that have a catalogue."""
    return frozenset(words.parent.name for words in TEMPLATES.glob("*/words.toml"))


def spoken(language: str) -> tuple[str, str]:
    """The language that is written for this one, and why where it is another."""
    base = language.replace("_", "-").split("-")[0].lower()
    if base in languages():
        return base, ""
    return FALLBACK, f"no mails are written in {flat(language)[:20]}, so this one is in {FALLBACK}"


@cache
def _line(source: str) -> Template:
    return _environments()[0].from_string(source)


@cache
def _source(kind: MailKind, language: str, manner: str) -> tuple[Template, Template]:
    own = TEMPLATES / language / f"{kind}.{manner}.md"
    lines = (own if own.exists() else TEMPLATES / language / f"{kind}.md").read_text(encoding="utf-8")
    first, _, body = lines.partition("\n")
    plain, markdown = _environments()
    return plain.from_string(first.removeprefix(_SUBJECT).strip()), markdown.from_string(body)


@cache
def _environments() -> tuple[ImmutableSandboxedEnvironment, ImmutableSandboxedEnvironment]:
    """One writes values as they are (for the subject), one so that Markdown reads them as text."""
    return _environment(flat), _environment(escaped)


def _environment(finalize: Any) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=False,  # `finalize` escapes for Markdown; HTML is made afterwards, with raw HTML off
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # an included paragraph ends its line
    )
    environment.filters.update(FILTERS)
    return environment


@cache
def _layout() -> Template:
    environment = ImmutableSandboxedEnvironment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("layout.html")


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table")


@cache
def _inliner() -> css_inline.CSSInliner:
    """Keeps the rules for dark screens, which no attribute can hold; fetches nothing."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
