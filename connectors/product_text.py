r"""Rows as a driver gives them, written as text: CSV as PostgreSQL's COPY writes it, or JSON Lines.

A page of rows is turned column by column: what a whole column's values have in common is then found at once.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from connectors.product_values import cell_of
from models.package import PackagedColumn
from models.schema import ColumnFacts
from models.table_schema import described

NULL = r"\N"
Page = Sequence[Sequence[Any]]
_BLOCK_BYTES = 1 << 20
_MARKS = '",\r\n\\'
_QUOTED = re.compile(r'[",\r\n]|^$|^\\N$')
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_STORAGE: dict[type, str] = {int: "integer", bool: "integer", float: "real", str: "text", bytes: "blob"}
_NATIVE = {"integer": int, "boolean": bool}


class TextWriter:
    """Writes pages of rows, and remembers what a reader must know of each column."""

    def __init__(self, columns: Sequence[ColumnFacts]) -> None:
        """The columns, in the order of the values."""
        self._columns = [_Column(column) for column in columns]

    @property
    def columns(self) -> tuple[PackagedColumn, ...]:
        """What was seen so far."""
        return tuple(column.packaged() for column in self._columns)

    def csv(self, pages: Iterable[Page]) -> Iterator[bytes]:
        """Blocks of CSV, with a header."""
        header = ",".join(quoted(column.facts.name) for column in self._columns) + "\n"
        return self._blocks(pages, self._csv_lines, header)

    def json_lines(self, pages: Iterable[Page]) -> Iterator[bytes]:
        """Blocks of JSON Lines."""
        return self._blocks(pages, self._json_lines, "")

    def _blocks(self, pages: Iterable[Page], lines: Callable[[Page], Iterable[str]], first: str) -> Iterator[bytes]:
        block = bytearray(first.encode())
        for page in pages:
            for line in lines(page):
                block += line.encode()
                if len(block) >= _BLOCK_BYTES:
                    yield bytes(block)
                    block.clear()
        if block:
            yield bytes(block)

    def _csv_lines(self, page: Page) -> Iterator[str]:
        cells = [column.cells(values) for column, values in self._turned(page)]
        return (line + "\n" for line in map(",".join, zip(*cells, strict=True)))

    def _json_lines(self, page: Page) -> Iterator[str]:
        names = [column.facts.name for column in self._columns]
        values = [column.members(values) for column, values in self._turned(page)]
        return (_JSON.encode(dict(zip(names, row, strict=True))) + "\n" for row in zip(*values, strict=True))

    def _turned(self, page: Page) -> Iterator[tuple["_Column", tuple[Any, ...]]]:
        return zip(self._columns, zip(*page, strict=True), strict=True)


class _Column:
    def __init__(self, facts: ColumnFacts) -> None:
        self.facts = facts
        self._kind = described(facts.type).type
        self._cell = cell_of(facts.type)
        self._loose = self._says_null = False
        self._kinds: set[type] = set()

    def packaged(self) -> PackagedColumn:
        return PackagedColumn(
            name=self.facts.name,
            database_type=self.facts.type,
            nullable=self.facts.nullable,
            generated=self.facts.generated,
            loose=self._loose,
            says_null=self._says_null,
            storage=tuple(sorted({_STORAGE[kind] for kind in self._kinds})) if self._kinds <= _STORAGE.keys() else (),
        )

    def cells(self, values: Sequence[Any]) -> list[str]:
        """The cells of CSV, quoted where they must be; a search through all of them tells that none must."""
        texts = self._texts(values)
        known = [text for text in texts if text is not None]
        joined = "".join(known)
        if "" in known or any(mark in joined for mark in _MARKS):
            return [NULL if text is None else quoted(text) for text in texts]
        return known if len(known) == len(texts) else [NULL if text is None else text for text in texts]

    def members(self, values: Sequence[Any]) -> list[Any]:
        """The values of JSON: integers and booleans are themselves, all else is text."""
        native = _NATIVE.get(self._kind)
        texts = self._texts(values)
        return [
            native(value) if native and isinstance(value, int) and not self._odd(value) else text
            for value, text in zip(values, texts, strict=True)
        ]

    def _odd(self, value: int) -> bool:
        return self._kind == "boolean" and value not in (0, 1)

    def _texts(self, values: Sequence[Any]) -> list[str | None]:
        kinds = set(map(type, values)) - {type(None)}
        self._kinds |= kinds
        if self._kind == "string" and kinds <= {str}:
            texts = list(values)
        elif self._kind == "integer" and kinds <= {int}:
            texts = [None if value is None else str(value) for value in values]
        else:
            texts = [None if value is None else self._told(value) for value in values]
        self._says_null = self._says_null or NULL in texts
        return texts

    def _told(self, value: Any) -> str:
        text, fits = self._cell(value)
        self._loose = self._loose or not fits
        return text


def quoted(text: str) -> str:
    r"""The cell, in quotes where it must be: so is a text that is spelt `\N`, as COPY writes it."""
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
