"""What a product's database says of itself: the facts that an inventory is drafted from and checked against."""

from collections.abc import Collection

from pydantic import Field

from models.hop import Hop
from models.payload import Payload


class ColumnFacts(Payload):
    """A column. `type` is as the database declares it; a `generated` one is computed and can't be written."""

    name: str
    type: str
    nullable: bool
    generated: bool = False
    identity: bool = False


class ForeignKeyFacts(Payload):
    """A foreign key of a table. `on_delete` is the database's word, upper case, or empty for NO ACTION."""

    hop: Hop
    on_delete: str = ""
    deferrable: bool = False


class TableFacts(Payload):
    """A table by its written name; partitions are part of their parent, views are left out.

    `unique` are the columns of each unique constraint or whole-table unique index but the primary key's.
    `readable` is false where we have no right to select; `row_security` is true where it hides rows from us.
    """

    name: str
    columns: tuple[ColumnFacts, ...]
    primary: tuple[str, ...] = ()
    unique: tuple[tuple[str, ...], ...] = ()
    foreign: tuple[ForeignKeyFacts, ...] = ()
    readable: bool = True
    row_security: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        """The names, in order."""
        return tuple(column.name for column in self.columns)

    def nullable(self, columns: tuple[str, ...]) -> bool:
        """Whether any of these columns may be NULL: then a key over them may point nowhere."""
        return any(column.nullable for column in self.columns if column.name in columns)

    def identifies(self, columns: tuple[str, ...]) -> bool:
        """Whether the schema says that no two rows hold the same in these columns."""
        return any(key and {*key} <= {*columns} and not self.nullable(key) for key in (self.primary, *self.unique))

    def without(self, left_out: Collection[str]) -> "TableFacts":
        """The same table, some columns of which nobody asks for; its keys stay what they are."""
        return self.model_copy(update={"columns": tuple(each for each in self.columns if each.name not in left_out)})


class SchemaFacts(Payload):
    """All tables. `dialect` is SQLAlchemy's name; `left_out` says what isn't a table of its own, and why."""

    dialect: str
    tables: tuple[TableFacts, ...]
    left_out: dict[str, str] = Field(default={})

    def by_name(self) -> dict[str, TableFacts]:
        """The tables by their written names."""
        return {table.name: table for table in self.tables}
