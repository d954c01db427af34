r"""Rows of a package's files as cells: text, or None for NULL.

The library's CSV reader can't tell a bare `\N` (NULL) from a quoted one (a text), so the lines are read here. A cell
holds a line end or a comma only within quotes, and quotes only doubled within quotes: a row ends where the number of
quotes is even.
"""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connectors.errors import Rejected

_NULL = rb"\N"
_CELL = re.compile(rb'(?:"([^"]*+(?:""[^"]*+)*+)"|([^",\n]*+))(,|\n?\Z)')

Cells = list[str | None]


def csv_rows(lines: Iterable[bytes], columns: Sequence[str]) -> Iterator[Cells]:
    """The rows after the header.

    Raises:
        Rejected: the header names other columns, or a row hasn't as many cells.
    """
    records = _records(lines)
    if next(records, None) != list(columns):
        raise _wrong("its header names other columns than its description")
    for record in records:
        if len(record) != len(columns):
            raise _wrong("a row hasn't as many cells as its header")
        yield record


def json_rows(lines: Iterable[bytes], columns: Sequence[str]) -> Iterator[Cells]:
    """The rows of JSON Lines; numbers keep their digits, booleans are `t` and `f` as in CSV.

    Raises:
        Rejected: a line is no object with these columns.
    """
    for line in lines:
        try:
            row = json.loads(line, parse_int=str, parse_float=str)
            yield [_cell(row[name]) for name in columns]
        except (ValueError, KeyError, TypeError):
            raise _wrong("a line is no object with the columns of its description") from None


def _records(lines: Iterable[bytes]) -> Iterator[Cells]:
    record, quotes = bytearray(), 0
    for line in lines:
        record += line
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            yield _cells(bytes(record))
            record, quotes = bytearray(), 0
    if record:
        raise _wrong("its last row ends within quotes")


def _cells(record: bytes) -> Cells:
    cells: Cells = []
    at, more = 0, True
    while more:
        found = _CELL.match(record, at)
        if found is None:
            raise _wrong("a row has quotes where none may be")
        quoted, bare, end = found.groups()
        cells.append(_text(quoted.replace(b'""', b'"')) if bare is None else _bare(bare))
        at, more = found.end(), end == b","
    return cells


def _bare(cell: bytes) -> str | None:
    return None if cell == _NULL else _text(cell)


def _text(cell: bytes) -> str:
    return cell.decode(errors="surrogatepass")


def _cell(value: Any) -> str | None:
    if isinstance(value, bool):
        return "t" if value else "f"
    if value is None or isinstance(value, str):
        return value
    raise TypeError(type(value))


def _wrong(what: str) -> Rejected:
    return Rejected("export package", what, "docs/restore.md tells how to load the rows by hand")
