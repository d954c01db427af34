"""Tables by their written names, and the foreign keys that lead from one to another.

A table is written `name` or `schema.name`; a part that holds anything but letters, digits, `_`, `$` and `-` stands in
double quotes, doubled within, as in SQL: `"odd.name"`. A hop is `task.project_id -> project.id`, or with several
columns `line.(shop, order_no) -> order.(shop, no)`.
"""

import re
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from models.payload import Payload

_PLAIN = re.compile(r"[\w$-]+")
_QUOTED = r'"(?:[^"]|"")+"'
_PART = rf'(?:{_QUOTED}|[^\s".(),](?:[^.(),]*[^\s.(),])?)'
_TABLE = re.compile(rf"(?:(?P<schema>{_PART})\.)?(?P<name>{_PART})", re.DOTALL)
_COLUMNS = rf"{_PART}|\(\s*{_PART}(?:\s*,\s*{_PART})*\s*\)"
_END = rf"(?P<{{0}}>{_PART}(?:\.{_PART})?)\.(?P<{{0}}_columns>{_COLUMNS})"
_HOP = re.compile(rf"\s*{_END.format('child')}\s*->\s*{_END.format('parent')}\s*", re.DOTALL)
_EACH = re.compile(_PART, re.DOTALL)


def quoted(part: str) -> str:
    """A part of a name as it is written."""
    return part if _PLAIN.fullmatch(part) else '"' + part.replace('"', '""') + '"'


def written(name: str, schema: str | None = None) -> str:
    """The written name of a table."""
    return f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)


def split(table: str) -> tuple[str, str | None]:
    """Name and schema of a written name.

    Raises:
        ValueError: it is no name of a table.
    """
    found = _TABLE.fullmatch(table)
    if found is None:
        raise ValueError(f'{table!r} is no name of a table; write name, schema.name or "odd.name"')
    return _bare(found["name"]), _bare(found["schema"]) if found["schema"] else None


def _as_written(table: str) -> str:
    return written(*split(table))


TableName = Annotated[str, AfterValidator(_as_written)]
"""A table by its written name, in its one spelling."""


class Hop(Payload):
    """One foreign key from `child` to `parent`; columns pairwise, bare."""

    child: TableName
    child_columns: tuple[str, ...] = Field(min_length=1)
    parent: TableName
    parent_columns: tuple[str, ...] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _read(cls, value: object) -> object:
        return parsed(value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _pairwise(self) -> Self:
        if len(self.child_columns) != len(self.parent_columns):
            raise ValueError(f"{self} has not as many columns on both sides")
        return self

    def __str__(self) -> str:
        return f"{self.child}.{_listed(self.child_columns)} -> {self.parent}.{_listed(self.parent_columns)}"


def parsed(text: str) -> dict[str, object]:
    """The fields of a written hop.

    Raises:
        ValueError: it is none.
    """
    found = _HOP.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no hop; write it as 'task.project_id -> project.id'")
    columns = {side: tuple(map(_bare, _EACH.findall(found[side]))) for side in ("child_columns", "parent_columns")}
    return {"child": found["child"], "parent": found["parent"], **columns}


def _listed(columns: tuple[str, ...]) -> str:
    names = ", ".join(map(quoted, columns))
    return names if len(columns) == 1 else f"({names})"


def _bare(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part
