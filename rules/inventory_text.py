"""The written form of an inventory: TOML that a person reviews."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import tomlkit
from tomlkit.items import AoT, Array, Table

from models.hop import Hop, split
from models.inventory import DataSet, FileSet, Inventory, Outside, OwnSet

Block = DataSet | FileSet | Outside | OwnSet
_ALWAYS = frozenset({"erase", "reason"})
_WIDTH = 100
_UNSAFE = re.compile(r"[^a-z0-9_-]+")
_LONGEST = 70


def toml(inventory: Inventory, comments: Sequence[str] = ()) -> str:
    """The whole file, the comments at its head; `read_inventory` reads the same inventory from it."""
    document = tomlkit.document()
    for line in comments:
        document.add(tomlkit.comment(line))
    if comments:
        document.add(tomlkit.nl())
    document.update({"root": inventory.root, "key": inventory.key})
    for name in ("data_set", "file_set", "outside", "own"):
        blocks: Iterable[Block] = getattr(inventory, f"{name}s" if name.endswith("set") else name)
        if blocks:
            document.add(name, _blocks(blocks))
    return tomlkit.dumps(document)


def quoted(value: Any) -> str:
    """A value, or a list of values, as TOML on one line."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(quoted, value))}]"
    return tomlkit.item(str(value) if isinstance(value, Hop) else value).as_string()


def entry(name: str, value: Any) -> str:
    """A name and its value as TOML on one line."""
    return f"{tomlkit.key(name).as_string()} = {quoted(value)}"


def safe_name(table: str) -> str:
    """The name of a data set for a table: one that any file system takes."""
    plain = unicodedata.normalize("NFKD", split(table)[0]).encode("ascii", "ignore").decode().lower()
    return _UNSAFE.sub("_", plain).strip("_-")[:_LONGEST] or "table"


def on_one_line(text: str) -> str:
    """A name in a comment or a finding: what would break the line is escaped."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _blocks(blocks: Iterable[Block]) -> AoT:
    array = tomlkit.aot()
    for block in blocks:
        array.append(_block(block))
    return array


def _block(block: Block) -> Table:
    """What differs from the default, and what a person must see in any case."""
    table = tomlkit.table()
    columns: dict[str, str] = getattr(block, "columns", {})
    for name, field in type(block).model_fields.items():
        value = getattr(block, name)
        if name != "columns" and (name in _ALWAYS or value != field.default):
            table.add(name, _value(value))
    if columns:
        table.add("columns", columns if any(columns.values()) else _value(tuple(columns)))
    return table


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        return _array([str(each) for each in value])
    if isinstance(value, dict):
        return _inline(value)
    return _inline(value.model_dump()) if hasattr(value, "model_dump") else value


def _array(values: list[str]) -> Array:
    array = tomlkit.array()
    array.extend(values)
    return array.multiline(len(values) > 1 and len(quoted(values)) > _WIDTH)


def _inline(values: dict[str, Any]) -> Any:
    table = tomlkit.inline_table()
    table.update({name: [] if value is None else value for name, value in values.items()})
    return table
