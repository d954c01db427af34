"""What the check of an inventory compares, and what it finds."""

from dataclasses import dataclass
from functools import cached_property

from models.hop import Hop
from models.inventory import DataSet, Inventory, Outside
from models.payload import Payload
from models.schema import SchemaFacts, TableFacts
from rules.inventory_text import on_one_line


class Finding(Payload):
    """One thing that is wrong: at which table, what, and what to write."""

    table: str
    what: str
    fix: str

    @property
    def in_short(self) -> str:
        """Without what to write."""
        return on_one_line(f"{self.table}: {self.what}")

    def __str__(self) -> str:
        """The whole line."""
        return f"{self.in_short}; {on_one_line(self.fix)}"


@dataclass(frozen=True)
class Compared:
    """An inventory beside the schema that it should describe."""

    inventory: Inventory
    schema: SchemaFacts

    @cached_property
    def tables(self) -> dict[str, TableFacts]:
        """What the database has, by written name."""
        return self.schema.by_name()

    @cached_property
    def sets(self) -> dict[str, DataSet]:
        """The data sets, by table."""
        return {each.table: each for each in self.inventory.data_sets}

    @cached_property
    def outside(self) -> dict[str, Outside]:
        """The tables outside, by name."""
        return {each.table: each for each in self.inventory.outside}

    @cached_property
    def packaged(self) -> dict[str, DataSet]:
        """All data sets of the package, reference sets too, by table."""
        references = {each.table: each for each in self.inventory.reference_sets}
        return {table: each for table, each in (self.sets | references).items() if each.export}

    def there(self) -> list[tuple[DataSet, TableFacts]]:
        """The data sets, reference sets too, whose tables are there."""
        every = (*self.inventory.data_sets, *self.inventory.reference_sets)
        return [(each, self.tables[each.table]) for each in every if each.table in self.tables]


def same(hop: Hop) -> tuple[str, str, frozenset[tuple[str, str]]]:
    """Equal for hops that mean the same, in whatever order they name their columns."""
    return hop.child, hop.parent, frozenset(zip(hop.child_columns, hop.parent_columns, strict=True))
