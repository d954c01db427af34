"""Reads a data set row by row: what any database can, where PostgreSQL has COPY."""

from collections.abc import Iterator

from sqlalchemy import Connection

from connectors.product_errors import product_errors
from connectors.product_text import Page, TextWriter
from connectors.reach import Reach
from models.inventory import DataSet
from models.package import PackagedColumn
from models.schema import TableFacts

ROWS_A_PAGE = 1_000


class RowsRead:
    """The rows of a data set, as the driver gives them, written as text."""

    def __init__(self, connection: Connection, way: Reach, data_set: DataSet, facts: TableFacts) -> None:
        """`facts`: of the table; `way` has all its columns."""
        self._connection, self._way, self._data_set, self._facts = connection, way, data_set, facts
        self._writer = TextWriter(facts.columns)
        self.rows = 0

    @property
    def columns(self) -> tuple[PackagedColumn, ...]:
        """The columns, with what was seen of their values."""
        return self._writer.columns

    def __iter__(self) -> Iterator[bytes]:
        """Blocks of text."""
        write = self._writer.json_lines if self._data_set.format == "jsonl" else self._writer.csv
        return write(self._pages())

    def _pages(self) -> Iterator[Page]:
        names, key = self._facts.column_names, self._data_set.key
        order = key if self._facts.identifies(key) else (*key, *names)
        query = self._way.select(*self._way.these(names)).order_by(*self._way.these(dict.fromkeys(order)))
        with product_errors(f"reading {self._data_set.table}"):
            found = self._connection.execute(query, execution_options={"yield_per": ROWS_A_PAGE})
            for page in found.partitions():
                self.rows += len(page)
                yield page
