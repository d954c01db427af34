"""The inventory: what there is of an account, and the three duties of each data set.

Source: DOMAIN erasure.1; `inventory.toml` is its written form.
"""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from models.hop import Hop, TableName
from models.payload import Payload

SetName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")]
"""A data set's name is also its file's and its resource's: lower case, so that no file system confuses two."""


def _columns(value: Any) -> Any:
    return dict.fromkeys(value, "") if isinstance(value, list | tuple) else value


Columns = Annotated[dict[str, str], BeforeValidator(_columns)]
"""Column → the type that the database declares, empty for any; a list of names means any type."""


def _nulls(value: Any) -> Any:
    return {name: None if new == [] else new for name, new in value.items()} if isinstance(value, dict) else value


Mask = Annotated[dict[str, str | None], BeforeValidator(_nulls)]
"""Column → new value; NULL, for which TOML has no word, is written `[]`."""


class Retention(Payload):
    """Why rows stay, and for how long after the effective date."""

    ground: str
    years: int = Field(gt=0)


class DataSet(Payload):
    """A table of the product whose rows are the account's, or that those rows point at (`used_by`).

    `hops` are the foreign keys that make a row the account's: a row belongs if any of them leads to a row that does.
    The root has none, but its own where subsidiaries leave with it. `ignored` are keys that don't, on purpose.
    `key` orders the rows; empty where the table has no key: then all columns do.
    `erase`: `delete` rows, `mask` the columns of `mask` (column → new value), or `retain` them.
    `of_two` says what happens to rows that another account reaches too: `block` the plan until a person decides;
    `export` them and leave them; `keep` them out of the package and leave them; `hand_over`: export them, and cut
    them off this account instead of erasing them. `leave_out` are columns that don't go into the package.
    `tell` is what people call its rows, by language (`work orders`): a thank-you may say how many there were.
    """

    name: SetName
    table: TableName
    key: tuple[str, ...] = ()
    hops: tuple[Hop, ...] = ()
    ignored: tuple[Hop, ...] = ()
    used_by: tuple[Hop, ...] = ()
    columns: Columns = {}
    leave_out: tuple[str, ...] = ()
    format: Literal["csv", "jsonl"] = "csv"
    export: bool = True
    erase: Literal["delete", "mask", "retain"] = "delete"
    mask: Mask = {}
    retain: Retention | None = None
    tell: dict[str, str] = {}
    of_two: Literal["block", "export", "keep", "hand_over"] = "block"
    about: dict[str, str] = {}


class FileSet(Payload):
    """A prefix in the product's object store; `{account}` stands for the root key.

    `listed_in`, as `data set.column`, holds keys of files that should be there: one that isn't gets reported.
    """

    name: SetName
    prefix: str
    listed_in: str | None = Field(default=None, pattern=r"^[^.]+\.[^.]+$")
    about: dict[str, str] = {}


class Outside(Payload):
    """A table whose rows are nobody's: `shared` by all accounts, or of no concern (`none`), with the reason.

    Rows of a shared table that exported rows point at, by `used_by`, come along as a reference set under `name`:
    exported, never erased. `ignored` are its keys to rows of accounts that don't make it theirs.
    """

    table: TableName
    duty: Literal["shared", "none"]
    reason: str
    name: SetName | None = None
    key: tuple[str, ...] = ()
    used_by: tuple[Hop, ...] = ()
    ignored: tuple[Hop, ...] = ()
    columns: Columns = {}
    leave_out: tuple[str, ...] = ()
    about: dict[str, str] = {}

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.used_by and not self.name:
            raise ValueError(f"{self.table} is used by exported rows, so it needs a `name`")
        return self

    def reference_set(self) -> DataSet:
        """As a data set of the package."""
        about = self.model_dump(include={"name", "table", "key", "used_by", "columns", "leave_out", "about"})
        return DataSet(**about, erase="retain")


class Processor(Payload):
    """A sub-processor that got the account's data: an outside system that is asked to erase, and must confirm.

    `ask`: by signed `webhook` to `address` (https://…), or by `mail` to it. Source: DOMAIN erasure.1, stages.3.
    """

    name: SetName
    ask: Literal["webhook", "mail"]
    address: str = Field(min_length=3, max_length=500)
    about: dict[str, str] = {}


class OwnSet(Payload):
    """What Farewell itself made of the account. Source: DOMAIN erasure.7."""

    name: Literal["package", "contacts", "users", "messages", "notes"]
    about: dict[str, str] = {}


class Inventory(Payload):
    """The whole list; `data_sets` stand in the order in which foreign keys allow them to be erased."""

    root: TableName
    key: str = "id"
    data_sets: tuple[DataSet, ...] = Field(alias="data_set", min_length=1)
    file_sets: tuple[FileSet, ...] = Field(alias="file_set", default=())
    outside: tuple[Outside, ...] = Field(default=())
    own: tuple[OwnSet, ...] = Field(default=())
    processors: tuple[Processor, ...] = Field(alias="processor", default=())

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        sets = [*self.data_sets, *self.reference_sets]
        for what, names in (("name", [each.name for each in sets]), ("table", [each.table for each in self._tables()])):
            if twice := sorted({name for name in names if names.count(name) > 1}):
                raise ValueError(f"two data sets have the {what} {twice[0]}")
        asked = [each.name for each in self.processors]
        if twice := sorted({name for name in asked if asked.count(name) > 1}):
            raise ValueError(f"two processors have the name {twice[0]}")
        return self

    @property
    def reference_sets(self) -> tuple[DataSet, ...]:
        """The shared tables of which rows come along."""
        return tuple(each.reference_set() for each in self.outside if each.used_by)

    def data_set(self, name: str) -> DataSet:
        """The data set of that name, a reference set too.

        Raises:
            KeyError: there is none.
        """
        for data_set in (*self.data_sets, *self.reference_sets):
            if data_set.name == name:
                return data_set
        raise KeyError(name)

    def _tables(self) -> list[DataSet | Outside]:
        return [*self.data_sets, *self.outside]


def read_inventory(path: Path) -> Inventory:
    """Reads `inventory.toml`.

    Raises:
        OSError, tomllib.TOMLDecodeError, pydantic.ValidationError: missing, no TOML, or of another form.
    """
    return Inventory.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
