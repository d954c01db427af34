"""What is wrong with an operator's copies of the messages: found before any of them is used.

A finding names file, line and variable. Source: TRUST 15; issue 6, Bad input.
"""

import difflib
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.core import Locale, UnknownLocaleError

from activities.catalogue import CALLS, LAYOUT, SHORT, TEMPLATES, WORDS, Catalogue
from activities.source_faults import faults_in, layout_faults, text_faults
from activities.source_names import Fault
from models.vocabulary import MailKind

OWN_PART = "_"
"""What the names of an operator's own parts begin with: `es/_address.md`."""
_PATTERNS = "citations"
_OPEN = frozenset({_PATTERNS, "descriptions", "words"})
"""Sections of words to which an operator may add."""


def faults(folder: Path) -> tuple[Fault, ...]:
    """All that is wrong in a folder of copies; empty: it may be used."""
    if not folder.is_dir():
        return (Fault(str(folder), 0, "there is no such folder", "farewell message copy --to FOLDER makes one"),)
    catalogue = Catalogue(folder)
    found: list[Fault] = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")):
        found += _of_file(catalogue, path.relative_to(folder).as_posix(), path)
    return tuple(found)


def gaps(catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """By language, the sources and words that it lacks, which are in English there."""
    here = {language: tuple(_lacking(catalogue, language)) for language in sorted(catalogue.languages)}
    return {language: lacking for language, lacking in here.items() if lacking}


def shipped_names() -> frozenset[str]:
    """What the files of a language may be called: `thanks.md`, `call/thanks.md`, `words.toml`."""
    return frozenset(path.relative_to(TEMPLATES / "en").as_posix() for path in (TEMPLATES / "en").rglob("*.*"))


def _of_file(catalogue: Catalogue, name: str, path: Path) -> Iterator[Fault]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        yield Fault(name, line, "this is no UTF-8", "save it as UTF-8")
        return
    if name == LAYOUT:
        yield from layout_faults(catalogue, name, text)
        return
    if misplaced := _misplaced(name):
        yield misplaced
    elif name.endswith(".md"):
        yield from faults_in(catalogue, name, text)
    else:
        yield from _of_toml(catalogue, name, text)


def _misplaced(name: str) -> Fault | None:
    """A file that nothing would ever read."""
    language, _, within = name.partition("/")
    if not within:
        return Fault(name, 0, "nothing reads it here", "sources lie in a language's folder, such as es/thanks.md")
    if not _is_language(language):
        return Fault(name, 0, f"{language} is no language", "name the folder by its code, such as pt or fr")
    known = shipped_names()
    if within in known or (within.startswith(OWN_PART) and within.endswith(".md")) or _in_a_manner(within):
        return None
    close = difflib.get_close_matches(within, sorted(known), n=1)
    fix = f"did you mean {language}/{close[0]}?" if close else "farewell message list names them"
    return Fault(name, 0, "no message is called so", f"{fix} A part of your own begins with {OWN_PART}")


def _in_a_manner(within: str) -> bool:
    """A kind in a manner that others have sources for, too: `notice.for_cause.md`."""
    kind, _, rest = within.removeprefix(f"{CALLS}/").partition(".")
    manners = {name.split(".")[1] for name in shipped_names() if name.count(".") > 1}
    return kind in set(MailKind) and rest.removesuffix(".md") in manners and rest.endswith(".md")


def _is_language(code: str) -> bool:
    try:
        return code.islower() and Locale.parse(code).territory is None
    except (UnknownLocaleError, ValueError):
        return False


def _of_toml(catalogue: Catalogue, name: str, text: str) -> Iterator[Fault]:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        yield Fault(name, _line_in(str(error)), f"this is no TOML: {error}", "correct it")
        return
    check = _words_faults if name.endswith(WORDS) else _short_faults
    for key, what, fix in check(catalogue, name, told):
        yield Fault(name, line_of(text, key), what, fix)


def _words_faults(catalogue: Catalogue, _name: str, told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    known = catalogue.words("en")
    for section, words in told.items():
        if section not in known or not isinstance(words, dict):
            yield section, f"nothing is read from {section}", f"sections are {', '.join(known)}"
            continue
        for key, word in words.items():
            if not isinstance(word, str):
                yield key, f"{key} is no text", "write it in quotes"
            elif section not in _OPEN and key not in known[section]:
                yield key, f"nothing is called {key} in [{section}]", f"there is {', '.join(known[section])}"
            elif section == _PATTERNS and (wrong := _bad_pattern(key, word)):
                yield key, f"{key} is no pattern: {wrong}", "write it as Python's re does, in single quotes"


def _short_faults(catalogue: Catalogue, name: str, told: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    known = set(tomllib.loads((TEMPLATES / "en" / SHORT).read_text(encoding="utf-8")))
    for key, source in told.items():
        if key not in known:
            close = difflib.get_close_matches(key, sorted(known), n=1)
            yield key, f"no short text is called {key}", f"did you mean {close[0]}?" if close else "take it out"
        elif not isinstance(source, str):
            yield key, f"{key} is no text", "write it in quotes"
        else:
            for each in text_faults(catalogue, name, key, source):
                yield key, each.what, each.fix


def _bad_pattern(pattern: str, word: str) -> str:
    try:
        re.sub(pattern, word, "")
    except re.error as error:
        return str(error)
    return ""


def _line_in(said: str) -> int:
    """The line that the parser names, if it does: only shown to people."""
    found = re.search(r"line (\d+)", said)
    return int(found[1]) if found else 0


def line_of(text: str, key: str) -> int:
    """The line on which a key stands."""
    lines = text.splitlines()
    begins = (key, f'"{key}"', f"'{key}'", f"[{key}]")
    return next((number for number, line in enumerate(lines, 1) if line.strip().startswith(begins)), 0)


def _lacking(catalogue: Catalogue, language: str) -> Iterator[str]:
    """Kinds without a source, then words: parts and manners come along with their kind."""
    for kind in MailKind:
        if catalogue.find(f"en/{kind}.md") and not catalogue.find(f"{language}/{kind}.md"):
            yield f"{kind}.md"
    own = catalogue.own_words(language)
    for section, words in catalogue.own_words("en").items():
        missing = [key for key in words if key not in own.get(section, {})]
        if missing and section not in {_PATTERNS, "descriptions"}:
            yield f"{WORDS} [{section}] {', '.join(missing)}"
