r"""The COPY statement that reads a data set: CSV with `\N` for NULL, or JSON Lines.

Everything but integers and booleans stands in JSON as its type's output function writes it, as in CSV.
"""

import re
from typing import Any

import psycopg
from sqlalchemy import Cast, ColumnElement, Dialect, Select, Text, case, cast, func, literal_column, select, true

from connectors.product_sql import exact
from connectors.reach import Reach
from models.inventory import DataSet
from models.schema import ColumnFacts, TableFacts

_CSV = r"(FORMAT csv, NULL '\N', HEADER true{}, ENCODING 'UTF8')"
# row_to_json escapes control characters, so nothing is ever quoted and the lines come as they are.
_LINES = r"(FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02', ENCODING 'UTF8')"
_NATIVE = re.compile(r"boolean|smallint|integer|bigint")
_TEXT = re.compile(r"text|uuid|character varying(\(\d+\))?")
_CAST = re.compile(r"numeric(\(.*\))?|real|double precision|date|timestamp.*")


class CopyQuery:
    """The statement for one data set."""

    def __init__(self, way: Reach, data_set: DataSet, facts: TableFacts) -> None:
        """`way` has all columns of the table."""
        self.way, self._data_set, self.facts = way, data_set, facts

    @property
    def spelt_null(self) -> bytes:
        r"""What a text `\N` looks like."""
        return rb'"\\N"' if self._data_set.format == "jsonl" else rb'"\N"'

    def written(self, connection: psycopg.Connection[Any], dialect: Dialect) -> bytes:
        """With all values in it: COPY takes no parameters, so the driver writes them as it writes its own."""
        lines = self._data_set.format == "jsonl"
        compiled = (self._lines() if lines else self._rows()).compile(
            dialect=dialect, compile_kwargs={"render_postcompile": True}
        )
        query = psycopg.ClientCursor(connection).mogrify(str(compiled), compiled.params)
        return f"COPY ({query}) TO STDOUT {_LINES if lines else self._csv()}".encode()

    def _csv(self) -> str:
        """A row of one empty text would be a blank line, which readers leave out: there all values are quoted."""
        return _CSV.format(", FORCE_QUOTE *" if len(self.facts.columns) == 1 else "")

    def _rows(self) -> Select[Any]:
        return self.way.select(*self.way.these(self.facts.column_names)).order_by(*self._order())

    def _lines(self) -> Select[Any]:
        members = [_member(self.way, column).label(exact(column.name)) for column in self.facts.columns]
        line = select(*members).correlate(self.way.table).lateral("line")
        whole = func.row_to_json(literal_column("line.*"))  # a column may be called `line`, too
        return self.way.select(whole).join(line, true()).order_by(*self._order())

    def _order(self) -> list[ColumnElement[Any]]:
        """By the key, and where that leaves rows alike, by all they hold: as text, for not all types have an order."""
        key = self._data_set.key
        order: list[ColumnElement[Any]] = [*self.way.these(key)]
        if not self.facts.identifies(key):
            order += [_as_text(each).collate("C") for each in self.way.these(self.facts.column_names)]
        return order


def _member(way: Reach, column: ColumnFacts) -> ColumnElement[Any]:
    (own,) = way.these([column.name])
    if _NATIVE.fullmatch(column.type) or _TEXT.fullmatch(column.type):
        return own
    if _CAST.fullmatch(column.type):
        return _as_text(own)
    # A cast to text may say something else (inet, char(n), booleans of a domain), so the output function is asked.
    return case((func.num_nulls(own) == 0, func.format(literal_column("'%s'"), own)))


def _as_text(own: ColumnElement[Any]) -> Cast[Any]:
    return cast(own, Text)
