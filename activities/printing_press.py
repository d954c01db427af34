"""Makes a PDF of a typst source of ours and of data that stays data: PDF/A-2a and PDF/UA-1.

It fetches nothing and knows no fonts but its own, so equal input gives equal bytes on every machine.

Source: ISO 19005-2, ISO 14289-1; TRUST 15.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

TEMPLATES = Path(__file__).with_name("templates") / "print"
STANDARDS: "list[typst.PDFStandard]" = ["a-2a", "ua-1"]
UNKNOWN = "\u25a1"  # stands for a character that none of the fonts holds; an archived PDF may not leave it out
_LONGEST, _PIECE = 30, 6
_BREAK = "\u200b"


def pressed(template: str, paper: Mapping[str, Any], made_at: datetime) -> bytes:
    """The PDF of `templates/print/<template>.typ`, dated `made_at`; `paper` reaches it as JSON, never as source.

    Raises:
        typst.TypstError: the source is wrong; no text can make it so.
    """
    return _compiled(template, json.dumps(_printable(paper)), made_at)


def legible(text: str) -> bool:
    """Whether the fonts hold all of its letters and digits; a symbol that they lack leaves a name a name."""
    return all(_known(c) for c in text if c.isalnum())


def breakable(text: str) -> str:
    """With places where a word too long for a column may break."""
    return " ".join(
        _BREAK.join(word[at : at + _PIECE] for at in range(0, len(word), _PIECE)) if len(word) > _LONGEST else word
        for word in text.split(" ")
    )


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return "".join(c if _known(c) else UNKNOWN for c in value)
    if isinstance(value, Mapping):
        return {key: _printable(each) for key, each in value.items()}
    return [_printable(each) for each in value] if isinstance(value, (list, tuple)) else value


def _known(character: str) -> bool:
    return " " <= character <= "~" or _covered(character)


@cache
def _covered(character: str) -> bool:
    """Whether the fonts hold it, by trying: nothing else knows it as surely."""
    try:
        _compiled("tried", character, datetime.fromtimestamp(0, UTC))
    except typst.TypstError:
        return False
    return True


def _compiled(template: str, paper: str, made_at: datetime) -> bytes:
    return typst.compile(
        TEMPLATES / f"{template}.typ",
        root=TEMPLATES,
        format="pdf",
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"paper": paper},
        pdf_standards=STANDARDS,
        timestamp=int(made_at.timestamp()),
    )


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
