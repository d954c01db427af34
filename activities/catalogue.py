"""Where the messages' sources lie: an operator's own copies first, then ours; a language is a folder of them.

Source: CONTRACTS, Settings (`FAREWELL_MESSAGES_FOLDER`).
"""

import tomllib
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

TEMPLATES = Path(__file__).with_name("templates")
FALLBACK = "en"
WORDS, SHORT, LAYOUT = "words.toml", "short.toml", "layout.html"
"""The words of a language, its texts for a telephone's screen, and the page around every mail."""
CALLS = "call"
"""The folder of the scripts for calls, within a language's."""
_LONGEST_NAME = 20
_PAPERS = "print"
Words = Mapping[str, Mapping[str, str]]


class Catalogue:
    """The sources of one operator; nothing of it changes while a program runs."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` holds copies under the names that ours have; what isn't there is ours."""
        self.folder = folder
        self._folders = (folder, TEMPLATES) if folder else (TEMPLATES,)
        self._words: dict[str, Words] = {}

    @cached_property
    def languages(self) -> frozenset[str]:
        """Those that anything is written in."""
        return frozenset(each.name for folder in self._folders for each in language_folders(folder))

    def find(self, name: str) -> Path | None:
        """The file of this name, `es/thanks.md`; None: there is none."""
        return next((path for folder in self._folders if (path := folder / name).is_file()), None)

    def source_of(self, kind: str, manner: str, language: str) -> str:
        """The name of a kind's source, in this manner where that has one of its own."""
        own = f"{language}/{kind}.{manner}.md"
        return own if self.find(own) else f"{language}/{kind}.md"

    def spoken(self, language: str) -> tuple[str, str]:
        """The language that is written for this one, and why where it is another."""
        base = language.replace("_", "-").split("-")[0].lower()
        if base in self.languages:
            return base, ""
        named = " ".join(language.split())[:_LONGEST_NAME]
        return FALLBACK, f"no mails are written in {named}, so this one is in {FALLBACK}"

    def words(self, language: str) -> Words:
        """Its words by section; what one lacks is taken from English."""
        if language not in self._words:
            own, spare = self.own_words(language), self.own_words(FALLBACK)
            self._words[language] = {part: _completed(own.get(part, {}), spare[part]) for part in spare}
        return self._words[language]

    def own_words(self, language: str) -> Words:
        """Those that it has itself."""
        return self._toml(language, WORDS)

    def short(self, kind: str, manner: str, language: str) -> tuple[str, str]:
        """A kind's short text as its source, and the language that it is in."""
        for written in (language, FALLBACK):
            texts = self._toml(written, SHORT)
            if text := texts.get(f"{kind}.{manner}") or texts.get(kind):
                return str(text), written
        raise KeyError(kind)

    def _toml(self, language: str, name: str) -> dict[str, Any]:
        """Ours, and over it the operator's, word by word."""
        told: dict[str, Any] = {}
        for folder in reversed(self._folders):
            path = folder / language / name
            if path.is_file():
                told = _over(told, tomllib.loads(path.read_text(encoding="utf-8-sig")))
        return told


def language_folders(folder: Path) -> Iterator[Path]:
    """The folders of languages: those that hold sources."""
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        if each.is_dir() and each.name != _PAPERS and any(each.glob("*.*")):
            yield each


def _completed(own: Mapping[str, str], spare: Mapping[str, str]) -> dict[str, str]:
    """In the order of its own, for patterns are tried in it."""
    return {**own, **{name: word for name, word in spare.items() if name not in own}}


def _over(under: dict[str, Any], upper: dict[str, Any]) -> dict[str, Any]:
    both = {
        name: {**under[name], **upper[name]} for name in under.keys() & upper.keys() if isinstance(under[name], dict)
    }
    return {**under, **upper, **both}


SHIPPED = Catalogue()
"""What comes with Farewell."""
