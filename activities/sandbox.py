"""Where the sources of messages are run: values are text, and a source gets at nothing but what it's given.

Source: TRUST 15.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS as OF_JINJA
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS

from activities.catalogue import LAYOUT, Catalogue
from activities.wording import FILTERS, escaped, flat

SUBJECT = "subject:"
"""What the first line of a mail's source begins with."""
# Those of Jinja2 that only put text in order: none makes much out of little, or looks into what it's given.
_ORDERLY = (
    *("abs", "capitalize", "count", "default", "d", "first", "join", "last", "length", "list", "lower", "reverse"),
    *("round", "sort", "sum", "title", "trim", "unique", "upper"),
)
_TESTED = ("defined", "undefined", "none", "in", "even", "odd", "divisibleby", "eq", "ne", "lt", "le", "gt", "ge")
ALLOWED: Mapping[str, Callable[..., Any]] = {**{name: OF_JINJA[name] for name in _ORDERLY}, **FILTERS}
"""The filters that a source may use."""


class _Sources(BaseLoader):
    """The subjects, or the bodies, of a catalogue; a body's lines keep the numbers that they have in the file."""

    def __init__(self, catalogue: Catalogue, *, subjects: bool) -> None:
        self._catalogue, self._subjects = catalogue, subjects

    def get_source(self, environment: Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002  # Jinja2's
        path = self._catalogue.find(template)
        if path is None:
            raise TemplateNotFound(template)
        subject, body = parted(path.read_text(encoding="utf-8-sig"))
        return (subject or "") if self._subjects else body, str(path), lambda: True


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja2's, without what makes much out of little: `'a' * 999999999` would stop a worker for a minute."""

    intercepted_binops = frozenset({"*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002  # Jinja2's
        """Never."""
        raise SecurityError(f"a message doesn't reckon with {operator}")


def parted(source: str) -> tuple[str | None, str]:
    """A source's subject, if it has one, and its body with an empty line in the subject's place."""
    first, _, rest = source.partition("\n")
    if not first.startswith(SUBJECT):
        return None, source
    return first.removeprefix(SUBJECT).strip(), f"\n{rest}"


@cache
def subjects(catalogue: Catalogue) -> Sandbox:
    """Writes values as they are, on one line; also for short texts."""
    return _environment(_Sources(catalogue, subjects=True), flat)


@cache
def bodies(catalogue: Catalogue) -> Sandbox:
    """Writes values so that Markdown reads them as text."""
    return _environment(_Sources(catalogue, subjects=False), escaped)


@cache
def pages(catalogue: Catalogue) -> Sandbox:
    """Lays a body into the page around it."""
    loader = _Sources(catalogue, subjects=False)
    environment = Sandbox(loader=loader, autoescape=True, undefined=StrictUndefined)
    environment.globals.clear()
    environment.get_template(LAYOUT)  # what is wrong with it is found now
    return environment


def _environment(loader: BaseLoader, finalize: Callable[[object], str]) -> Sandbox:
    environment = Sandbox(
        loader=loader,
        autoescape=False,  # `finalize` escapes for Markdown; HTML is made afterwards, with raw HTML off
        undefined=StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,  # an included paragraph ends its line
        auto_reload=False,
    )
    environment.globals.clear()
    environment.filters = dict(ALLOWED)
    environment.tests = {name: TESTS[name] for name in _TESTED}
    return environment
