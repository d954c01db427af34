"""A table of a package: gzipped CSV, made while it is read, in memory that doesn't grow with the rows."""

import hashlib
import io
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from activities.package_values import NULL, Form, form_of
from models.package import PackagedColumn

GZIP = 16 + zlib.MAX_WBITS  # a gzip header of zlib's own, which bears no time: equal rows give equal bytes
LEVEL = 6
ROWS_AT_ONCE = 500
_LINE_END = "\n"
_QUOTED = re.compile(r'[",\r\n]|^\s|\s$|^$|^\\N$')


class PackedRows(io.RawIOBase):
    """The rows as a stream of bytes. `rows`, `sha256` and `described` tell the truth once it was read to its end."""

    def __init__(
        self, columns: Sequence[Mapping[str, Any]], rows: Iterable[Sequence[Any]], beat: Callable[[], object]
    ) -> None:
        """`beat` is called every few hundred rows."""
        self._columns, self._beat = columns, beat
        self._pages = _pages(iter(rows))
        self._writers = [_Writer(form_of(column["type"])) for column in columns]
        self._packing, self._digest = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP), hashlib.sha256()
        self._ready = bytearray()
        self._ended = False
        self.rows = self.size_bytes = 0
        self._add(self._packing.compress(csv_line(map(quoted, (column["name"] for column in columns)))))

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer, packing as many rows as that takes."""
        while not self._ready and not self._ended:
            self._pack()
        given = self._ready[: len(buffer)]
        buffer[: len(given)] = given
        del self._ready[: len(given)]
        return len(given)

    @property
    def sha256(self) -> str:
        """Of the packed bytes, bare hex."""
        return self._digest.hexdigest()

    def described(self) -> tuple[PackagedColumn, ...]:
        """The columns, with what was seen of their values."""
        return tuple(
            PackagedColumn(
                name=column["name"],
                database_type=column["type"],
                nullable=column["nullable"],
                loose=writer.loose,
                says_null=writer.says_null,
            )
            for column, writer in zip(self._columns, self._writers, strict=True)
        )

    def _pack(self) -> None:
        self._beat()
        page = next(self._pages, None)
        if page is None:
            self._ended = True
            self._add(self._packing.flush())
            return
        self.rows += len(page)
        self._add(self._packing.compress(b"".join(self._line(row) for row in page)))

    def _line(self, row: Sequence[Any]) -> bytes:
        return csv_line(writer.written(value) for writer, value in zip(self._writers, row, strict=True))

    def _add(self, packed: bytes) -> None:
        self._ready += packed
        self._digest.update(packed)
        self.size_bytes += len(packed)


class RowCounter:
    """Counts the rows of CSV that comes in pieces: a line ends outside quotes only."""

    def __init__(self) -> None:
        self._inside, self._lines = False, 0

    def feed(self, piece: bytes) -> None:
        """The next piece; it may end anywhere."""
        for place, part in enumerate(piece.split(b'"')):
            if place:
                self._inside = not self._inside
            if not self._inside:
                self._lines += part.count(b"\n")

    @property
    def rows(self) -> int:
        """The lines but the header."""
        return self._lines - 1


def csv_line(cells: Iterable[str]) -> bytes:
    """A line of CSV (RFC 4180, but for the line end) of cells that are quoted already."""
    return (",".join(cells) + _LINE_END).encode()


def quoted(text: str) -> str:
    r"""The cell, in quotes where it must be: so does a text that is spelt `\N`, as PostgreSQL's COPY reads it."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text


class _Writer:
    """Writes the values of one column, and remembers what a reader must know of them."""

    def __init__(self, form: Form) -> None:
        self._cell = form.cell
        self.loose = self.says_null = False

    def written(self, value: Any) -> str:
        if value is None:
            return NULL
        text, fits = self._cell(value)
        self.loose |= not fits
        self.says_null |= text == NULL
        return quoted(text)


def _pages(rows: Iterator[Sequence[Any]]) -> Iterator[list[Sequence[Any]]]:
    while page := list(islice(rows, ROWS_AT_ONCE)):
        yield page
