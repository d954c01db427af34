"""File names in a download's header. Source: RFC 6266, RFC 8187."""

import re
import unicodedata
from urllib.parse import quote

_LONGEST = 150
_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


def attachment(filename: str) -> str:
    """A Content-Disposition that saves as `filename`, whatever is in it, without a path or anything invisible."""
    shown = "".join("_" if _unsafe(letter) else letter for letter in filename)[-_LONGEST:].lstrip(". ") or "download"
    plain = _PLAIN.sub("_", unicodedata.normalize("NFKD", shown).encode("ascii", "ignore").decode()) or "download"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"


def _unsafe(letter: str) -> bool:
    """What a file system or a reader could take for something else: separators, controls, marks of direction."""
    return letter in '/\\:*?"<>|' or (letter != " " and unicodedata.category(letter)[0] in "CZ")
