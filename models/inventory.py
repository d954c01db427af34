"""The inventory: what there is of an account, and the three duties of each data set.

Source: DOMAIN erasure.1; `inventory.toml` is its written form.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from models.payload import Payload


class Hop(Payload):
    """One foreign key on the way to the root, written `task.project_id -> project.id`."""

    child: str
    child_column: str
    parent: str
    parent_column: str


def _hop(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        left, right = (side.strip() for side in value.split("->"))
        child, child_column = left.rsplit(".", 1)
        parent, parent_column = right.rsplit(".", 1)
    except ValueError:
        raise ValueError(f"{value!r} is no hop; write it as 'task.project_id -> project.id'") from None
    return Hop(child=child, child_column=child_column, parent=parent, parent_column=parent_column)


class Retention(Payload):
    """Why rows stay, and for how long after the effective date."""

    ground: str
    years: int = Field(gt=0)


class DataSet(Payload):
    """A table of the product that can reach the account.

    `path` are the hops from the table to the root (empty for the root itself), `key` the columns that order
    its rows. `erase`: `delete` rows, `mask` the columns of `mask` (column → new value), or `retain` them.
    """

    name: str
    table: str
    key: tuple[str, ...] = Field(min_length=1)
    path: tuple[Annotated[Hop, BeforeValidator(_hop)], ...] = ()
    format: Literal["csv"] = "csv"
    export: bool = True
    erase: Literal["delete", "mask", "retain"] = "delete"
    mask: dict[str, str | None] = {}
    retain: Retention | None = None
    about: dict[str, str] = {}


class FileSet(Payload):
    """A prefix in the product's object store; `{account}` stands for the root key.

    `listed_in`, as `data set.column`, holds keys of files that should be there: one that isn't gets reported.
    """

    name: str
    prefix: str
    listed_in: str | None = Field(default=None, pattern=r"^[^.]+\.[^.]+$")
    about: dict[str, str] = {}


class Undeclared(Payload):
    """A table that can't reach an account: `shared` reference data, or of no concern (`none`)."""

    table: str
    duty: Literal["shared", "none"]
    reason: str


class OwnSet(Payload):
    """What Farewell itself made of the account. Source: DOMAIN erasure.7."""

    name: Literal["package", "contacts", "users", "messages", "notes"]
    about: dict[str, str] = {}


class Inventory(Payload):
    """The whole list; `data_sets` stand in the order in which foreign keys allow them to be erased."""

    root: str
    key: str = "id"
    data_sets: tuple[DataSet, ...] = Field(alias="data_set", min_length=1)
    file_sets: tuple[FileSet, ...] = Field(alias="file_set", default=())
    outside: tuple[Undeclared, ...] = Field(default=())
    own: tuple[OwnSet, ...] = Field(default=())

    def data_set(self, name: str) -> DataSet:
        """The data set of that name.

        Raises:
            KeyError: there is none.
        """
        for data_set in self.data_sets:
            if data_set.name == name:
                return data_set
        raise KeyError(name)


def read_inventory(path: Path) -> Inventory:
    """Reads `inventory.toml`.

    Raises:
        OSError, tomllib.TOMLDecodeError, pydantic.ValidationError: missing, no TOML, or of another form.
    """
    return Inventory.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
