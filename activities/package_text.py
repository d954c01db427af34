r"""How we write CSV ourselves. NULL is a bare `\N`; a text that is spelt like it stands in quotes.

Source: CONTRACTS, Export package.
"""

import re
from collections.abc import Iterable

NULL = r"\N"
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$|^$|^\\N$')


def csv_line(cells: Iterable[str]) -> bytes:
    """A line of CSV (RFC 4180, but for the line end) of cells that are quoted already."""
    return (",".join(cells) + "\n").encode()


def quoted(text: str) -> str:
    r"""The cell, in quotes where it must be: so does a text that is spelt `\N`, as PostgreSQL's COPY reads it."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
