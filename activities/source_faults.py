"""What is wrong with one source of a message: its form, the values that it names, what it tries, what comes of it."""

import difflib
import re
from collections.abc import Iterator
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, meta, nodes

from activities.catalogue import LAYOUT, SHIPPED, TEMPLATES, Catalogue
from activities.sample_customer import RETURNED, sample
from activities.sandbox import SUBJECT, bodies, pages, parted, subjects
from activities.source_names import Fault, kind_of
from activities.source_trials import tried, tried_text
from models.vocabulary import TO_OURS, MailKind

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
_FETCHES = re.compile(r"src\s*=|@import|url\s*\(|<\s*(script|link|iframe|form|img|object)\b", re.IGNORECASE)


def faults_in(catalogue: Catalogue, name: str, text: str) -> tuple[Fault, ...]:
    """All that is wrong with a Markdown source; what it comes to is tried only if it reads well."""
    subject, _ = parted(text)
    is_kind = kind_of(name) is not None
    if is_kind and not subject:
        return (Fault(name, 1, "it has no subject", f"its first line is: {SUBJECT} …"),)
    if not is_kind and subject is not None:
        return (Fault(name, 1, "a part of a message has no subject", "take the first line out"),)
    allowed = allowed_in(name)
    found = [*_read(bodies(catalogue), catalogue, name, parted(text)[1], allowed)]
    found += _read(subjects(catalogue), catalogue, name, subject or "", allowed)
    return tuple(found or tried(catalogue, name))


def text_faults(catalogue: Catalogue, name: str, key: str, source: str) -> Iterator[Fault]:
    """What is wrong with a short text."""
    found = [*_read(subjects(catalogue), catalogue, name, source, allowed_in(name))]
    yield from found
    if not found:
        yield from tried_text(catalogue, name, key)


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
    ours = kind_of(name) in TO_OURS or name.endswith(f"{MailKind.WELCOME_BACK}.{RETURNED}.md")
    return told | _named(name) if ours else told


def _of_parts() -> frozenset[str]:
    """What a message sets for a part of it."""
    return frozenset({"money_of"})


def _named(name: str) -> frozenset[str]:
    environment = bodies(SHIPPED)
    kind = str(kind_of(name))
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
