"""What comes of a source: it's written for a made-up customer, with all known and with nothing."""

import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any

from jinja2 import TemplateError

from activities.catalogue import CALLS, Catalogue
from activities.rendering import render, script, short
from activities.sample_customer import RETURNED, sample
from activities.source_names import OF_A_PAUSE, Fault, kind_of, manner_of
from models.vocabulary import TO_OURS, MailKind, Mode
from rules.manner import FOR_CAUSE, PAUSING
from rules.reach import MARKETING

_CAN_FAIL = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError)
_INCLUDES = re.compile(r"""include\s+["']([^"']+)""")
_LONGEST_SUBJECT = 150
_MANNERS = {PAUSING, FOR_CAUSE, RETURNED}


def tried_text(catalogue: Catalogue, name: str, key: str) -> Iterator[Fault]:
    """What fails in a short text."""
    for values in _trials(manner_of(f"{key}.md")):
        try:
            short(MailKind(key.partition(".")[0]), name.partition("/")[0], values, catalogue)
        except _CAN_FAIL as error:
            yield Fault(name, 0, _said(error), "name only what messages know")
            return


def tried(catalogue: Catalogue, name: str) -> Iterator[Fault]:
    """What fails, or is missing, in a Markdown source."""
    kind = kind_of(name)
    if kind in TO_OURS:
        return
    language = name.partition("/")[0]
    for each, manner in [(kind, manner_of(name))] if kind else _using(catalogue, name):
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
            yield kind, PAUSING if kind in OF_A_PAUSE else ""


def _includes(catalogue: Catalogue, name: str, part: str) -> bool:
    """Also by the beginning of its name, where the rest is a value: `"es/dates." ~ mode ~ ".md"`."""
    path = catalogue.find(name)
    told = _INCLUDES.findall(path.read_text(encoding="utf-8-sig")) if path else []
    return any(part.startswith(each) or (each != name and _includes(catalogue, each, part)) for each in told)


def _line_of(error: BaseException, name: str) -> int:
    """Where in the source it failed: Jinja2 writes its lines into the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    return next((f.lineno or 0 for f in reversed(frames) if f.filename.replace("\\", "/").endswith(f"/{name}")), 0)


def _said(error: BaseException) -> str:
    return " ".join(str(getattr(error, "message", None) or error).split())[:200] or type(error).__name__
