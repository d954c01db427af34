"""What the pages say, by language: a folder of TOML files each; a sentence that a language lacks is said in English."""

import logging
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TEMPLATES = Path(__file__).with_name("templates")
FALLBACK = "en"


@cache
def languages() -> tuple[str, ...]:
    """Those that pages are written in."""
    return tuple(sorted({file.parent.name for file in TEMPLATES.glob("*/*.toml")}))


@cache
def sentences(language: str) -> Mapping[str, str]:
    """All that there is to say in one of them, by name; the log tells once what is missing."""
    own, spare = _read(language), _read(FALLBACK)
    if missing := sorted(spare.keys() - own.keys()):
        said = "the pages in %s lack %d sentences, which are said in %s: %s"
        logging.getLogger(__name__).warning(said, language, len(missing), FALLBACK, ", ".join(missing))
    return {**spare, **own}


def _read(language: str) -> dict[str, str]:
    files = sorted((TEMPLATES / language).glob("*.toml"))
    return {name: words for file in files for name, words in tomllib.loads(file.read_text(encoding="utf-8")).items()}
