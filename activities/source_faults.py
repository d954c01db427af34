"""What is wrong with one source of a message: its form, the values that it names, what it tries, what comes of it."""

import difflib
import re
import traceback
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from jinja2 import Environment, TemplateError, TemplateSyntaxError, meta, nodes

from activities.catalogue import CALLS, LAYOUT, SHIPPED, TEMPLATES, Catalogue
from activities.rendering import render, script, short
from activities.sample_customer import RETURNED, sample
from activities.sandbox import SUBJECT, bodies, pages, parted, subjects
from models.vocabulary import TO_OURS, MailKind, Mode
from rules.manner import FOR_CAUSE, PAUSING
from rules.reach import MARKETING

OF_LAYOUT = frozenset({"subject", "body", "language", "company"})
_GIVEN = frozenset({"language", "locale", "words"})
_NEVER = (
    nodes.Call,
    nodes.Import,
    nodes.FromImport,
    nodes.Extends,
    nodes.Macro,
    nodes.CallBlock,
    nodes.Mul,
    nodes.Pow,
    nodes.Mod,
)
_CAN_FAIL = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
_FETCHES = re.compile(r"src\s*=|@import|url\s*\(|<\s*(script|link|iframe|form|img|object)\b", re.IGNORECASE)
_INCLUDES = re.compile(r"""include\s+["']([^"']+)""")
_LONGEST_SUBJECT = 150
_OF_A_PAUSE = frozenset({MailKind.PAUSED, MailKind.RESUME_REMINDER})
_MANNERS = {PAUSING, FOR_CAUSE, RETURNED}


class Fault(NamedTuple):
    """What is wrong in which line of which file (0: all of it), and how to mend it."""

    file: str
    line: int
    what: str
    fix: str

    def __str__(self) -> str:
        """One line for people."""
        return f"{self.file}{f':{self.line}' if self.line else ''}: {self.what} ({self.fix})"


def faults_in(catalogue: Catalogue, name: str, text: str) -> tuple[Fault, ...]:
    """All that is wrong with a Markdown source; what it comes to is tried only if it reads well."""
    subject, _ = parted(text)
    is_kind = _kind_of(name) is not None
    if is_kind and not subject:
        return (Fault(name, 1, "it has no subject", f"its first line is: {SUBJECT} …"),)
    if not is_kind and subject is not None:
        return (Fault(name, 1, "a part of a message has no subject", "take the first line out"),)
    allowed = allowed_in(name)
    found = [*_read(bodies(catalogue), catalogue, name, parted(text)[1], allowed)]
    found += _read(subjects(catalogue), catalogue, name, subject or "", allowed)
    return tuple(found or _tried(catalogue, name))


def text_faults(catalogue: Catalogue, name: str, key: str, source: str) -> Iterator[Fault]:
    """What is wrong with a short text."""
    found = [*_read(subjects(catalogue), catalogue, name, source, allowed_in(name))]
    yield from found
    for values in () if found else _trials(_manner_of(f"{key}.md")):
        try:
            short(MailKind(key.partition(".")[0]), name.partition("/")[0], values, catalogue)
        except _CAN_FAIL as error:
            yield Fault(name, 0, _said(error), "name only what messages know")
            return


def layout_faults(catalogue: Catalogue, name: str, text: str) -> Iterator[Fault]:
    """What is wrong with the page around the mails: it must hold them, and fetch nothing."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _FETCHES.search(line):
            yield Fault(name, number, f"{found[0].strip()}: a mail fetches nothing", "take it out")
    environment = bodies(SHIPPED)
    faulty = [*_read(environment, catalogue, name, text, OF_LAYOUT)]
    yield from faulty
    if not faulty:
        marks = {each: f"the-{each}" for each in OF_LAYOUT}
        if marks["body"] not in pages(catalogue).get_template(LAYOUT).render(marks):
            yield Fault(name, 0, "it has no place for the mail", "write {{ body }} where it belongs")


@cache
def allowed_in(name: str) -> frozenset[str]:
    """The values that a source may name; letters to our own people know what ours name."""
    told = frozenset(sample("")) | _GIVEN | _of_parts()
    ours = _kind_of(name) in TO_OURS or name.endswith(f"{MailKind.WELCOME_BACK}.{RETURNED}.md")
    return told | _named(name) if ours else told


def _of_parts() -> frozenset[str]:
    """What a message sets for a part of it."""
    return frozenset({"money_of"})


def _named(name: str) -> frozenset[str]:
    environment = bodies(SHIPPED)
    kind = str(_kind_of(name))
    sources = (path.read_text(encoding="utf-8") for path in TEMPLATES.glob(f"*/{kind}*.md"))
    texts = (part for source in sources for part in parted(source) if part)
    return frozenset(each for text in texts for each in meta.find_undeclared_variables(environment.parse(text)))


def _read(
    environment: Environment, catalogue: Catalogue, name: str, text: str, allowed: frozenset[str]
) -> Iterator[Fault]:
    """By its syntax tree: nothing is run."""
    try:
        tree = environment.parse(text, name)
        environment.compile(text, name)  # filters, too
    except TemplateSyntaxError as error:
        yield Fault(name, error.lineno, str(error.message), "correct it")
        return
    unknown = meta.find_undeclared_variables(tree) - allowed
    for node in tree.find_all(nodes.Node):
        if isinstance(node, nodes.Name) and node.ctx == "load" and node.name in unknown:
            yield Fault(name, node.lineno, f"no message knows a value {node.name}", _meant(node.name, allowed))
        elif isinstance(node, _NEVER):
            yield Fault(name, node.lineno, f"a message may not do this ({type(node).__name__})", "take it out")
        elif (hidden := _hidden(node)) is not None:
            yield Fault(name, node.lineno, f"{hidden} is nobody's to read", "take it out")
        elif isinstance(node, nodes.Include) and (gone := _gone(catalogue, node)):
            yield Fault(name, node.lineno, f"it includes {gone}, which isn't there", "correct the name")


def _hidden(node: nodes.Node) -> str | None:
    """What begins with an underscore, by whichever way it's reached."""
    attribute = node.attr if isinstance(node, nodes.Getattr) else None
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        attribute = node.arg.value
    if isinstance(node, nodes.Keyword) and isinstance(node.value, nodes.Const):
        attribute = node.value.value
    return (
        attribute if isinstance(attribute, str) and "_" in {attribute[:1], *re.findall(r"\.(_)", attribute)} else None
    )


def _gone(catalogue: Catalogue, node: nodes.Include) -> str | None:
    if isinstance(node.template, nodes.Const) and not catalogue.find(str(node.template.value)):
        return str(node.template.value)
    return None


def _meant(name: str, allowed: frozenset[str]) -> str:
    close = difflib.get_close_matches(name, sorted(allowed), n=1)
    return f"did you mean {close[0]}?" if close else "farewell message list --values names them all"


def _kind_of(name: str) -> MailKind | None:
    """The kind that a source is of, or None: it's a part of others."""
    word = name.rpartition("/")[2].partition(".")[0]
    is_part = name.rpartition("/")[2].removesuffix(".md") not in _kinds_by_name()
    return None if is_part else MailKind(word) if word in set(MailKind) else MailKind.NOTICE


@cache
def _kinds_by_name() -> frozenset[str]:
    """`thanks`, `goodbye.for_cause`, and the script for any kind."""
    manners = {path.name.split(".")[1] for path in TEMPLATES.glob("en/*.*.md")}
    return frozenset({"any", *MailKind, *(f"{kind}.{manner}" for kind in MailKind for manner in manners)})


def _tried(catalogue: Catalogue, name: str) -> Iterator[Fault]:
    """What fails, or is missing, when it's written for a made-up customer, with all known and with nothing."""
    kind = _kind_of(name)
    if kind in TO_OURS:
        return
    language = name.partition("/")[0]
    for each, manner in [(kind, _manner_of(name))] if kind else _using(catalogue, name):
        for values in _trials(manner):
            try:
                write = script if f"/{CALLS}/" in name else render
                mail = write(each, language, values, catalogue)
            except _CAN_FAIL as error:
                yield Fault(name, _line_of(error, name), _said(error), "name only what messages know")
                return
            yield from _missing(name, each, values, mail.subject, mail.html)


def _missing(name: str, kind: MailKind, values: Mapping[str, Any], subject: str, html: str) -> Iterator[Fault]:
    if "<img" in html:
        yield Fault(name, 0, "it shows a picture, and a mail fetches nothing", "take it out")
    if not subject or len(subject) > _LONGEST_SUBJECT:
        yield Fault(name, 1, f"its subject has {len(subject)} letters", f"write 1 to {_LONGEST_SUBJECT}")
    if html and kind in MARKETING and values["opt_out"] and values["opt_out"] not in html:
        yield Fault(name, 0, "nobody can opt out of it", "include peace.md of its language, or write {{ opt_out }}")


def _trials(manner: str) -> Iterator[dict[str, Any]]:
    modes = (Mode.STOP, Mode.EJECT) if manner not in _MANNERS else (Mode.STOP,)
    for mode in modes:
        yield sample(manner, mode=mode)
        yield sample(manner, mode=mode, bare=True)


def _using(catalogue: Catalogue, name: str) -> Iterator[tuple[MailKind, str]]:
    """The messages of its language that include this part, at whatever depth."""
    language = name.partition("/")[0]
    for kind in MailKind:
        if kind not in TO_OURS and _includes(catalogue, f"{language}/{kind}.md", name):
            yield kind, PAUSING if kind in _OF_A_PAUSE else ""


def _includes(catalogue: Catalogue, name: str, part: str) -> bool:
    """Also by the beginning of its name, where the rest is a value: `"es/dates." ~ mode ~ ".md"`."""
    path = catalogue.find(name)
    told = _INCLUDES.findall(path.read_text(encoding="utf-8-sig")) if path else []
    return any(part.startswith(each) or (each != name and _includes(catalogue, each, part)) for each in told)


def _manner_of(name: str) -> str:
    parts = name.rpartition("/")[2].split(".")
    if parts[0] in _OF_A_PAUSE:
        return PAUSING
    return parts[1] if len(parts) > 2 else ""  # noqa: PLR2004  # kind, manner, md


def _line_of(error: BaseException, name: str) -> int:
    """Where in the source it failed: Jinja2 writes its lines into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename.replace("\\", "/").endswith(f"/{name}")), 0)


def _said(error: BaseException) -> str:
    return " ".join(str(getattr(error, "message", None) or error).split())[:200] or type(error).__name__
