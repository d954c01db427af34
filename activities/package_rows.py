"""Counts the rows of a package's files, whoever wrote them, a bounded piece at a time."""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from isal import isal_zlib

GZIP = 31  # a gzip header and trailer, in the library's way of saying so
_TABLE = re.compile(r"data/tables/[^/]+\.(?P<format>csv|jsonl)\.gz")
_INDEX = re.compile(r"data/files/[^/]+\.csv")
_UNPACKED_AT_ONCE = 4 * 1024 * 1024


class _Rows(Protocol):
    @property
    def rows(self) -> int: ...

    def feed(self, piece: bytes) -> None: ...


class CsvRows:
    """The rows of CSV that comes in pieces: a line ends outside quotes only."""

    def __init__(self) -> None:
        self._quotes, self._lines = 0, 0

    def feed(self, piece: bytes) -> None:
        """The next piece; it may end anywhere."""
        parts = piece.split(b'"')
        outside = parts[self._quotes % 2 :: 2]  # every other part is a text in quotes
        self._lines += b"".join(outside).count(b"\n")
        self._quotes += len(parts) - 1

    @property
    def rows(self) -> int:
        """The lines but the header."""
        return self._lines - 1


class JsonRows:
    """The rows of JSON Lines that come in pieces: no line end stands within a row."""

    def __init__(self) -> None:
        self.rows = 0

    def feed(self, piece: bytes) -> None:
        """The next piece; it may end anywhere."""
        self.rows += piece.count(b"\n")


def rows_of(path: str, chunks: Iterable[bytes]) -> int | None:
    """The rows of a table or an index of files, None for other files; -1 when it can't be unpacked."""
    if found := _TABLE.fullmatch(path):
        return _packed(JsonRows() if found["format"] == "jsonl" else CsvRows(), chunks)
    return _counted(CsvRows(), chunks) if _INDEX.fullmatch(path) else None


def _packed(counter: _Rows, chunks: Iterable[bytes]) -> int:
    try:
        return _counted(counter, _unpacked(chunks))
    except (isal_zlib.error, EOFError):  # type: ignore[misc]  # the stub takes the class for an instance
        return -1


def _counted(counter: _Rows, pieces: Iterable[bytes]) -> int:
    for piece in pieces:
        counter.feed(piece)
    return counter.rows


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Gunzips, of one or more members, a bounded piece at a time; EOFError where the last one isn't whole."""
    unpacking, whole = isal_zlib.decompressobj(wbits=GZIP), False
    for chunk in chunks:
        left = chunk
        while left:
            yield unpacking.decompress(left, _UNPACKED_AT_ONCE)
            whole, left = unpacking.eof, unpacking.unconsumed_tail or unpacking.unused_data
            if whole:
                unpacking = isal_zlib.decompressobj(wbits=GZIP)
    if not whole:
        raise EOFError
