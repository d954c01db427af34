"""Brings a package's rows back into the product's database: all of them or none, under the old keys.

What stands against it is found before anything is written; what was written is compared before it counts.
"""

from collections.abc import Callable, Iterator

from sqlalchemy import Connection, Engine

from connectors.errors import Rejected
from connectors.product_errors import product_errors
from connectors.product_restore_conflicts import RestoreConflict, row_conflicts, schema_conflicts
from connectors.product_restore_erased import handed_of, keep_masks, masks_of
from connectors.product_restore_fates import judge, make_room
from connectors.product_restore_package import OpenedPackage
from connectors.product_restore_postgresql import PostgresqlWay
from connectors.product_restore_proof import RestoredTable, outcome, prove
from connectors.product_restore_sqlite import SqliteWay
from connectors.product_restore_staged import Staged, Way, counted
from connectors.product_schema import schema_facts
from models.inventory import Inventory
from models.inventory_circles import strongly_connected
from models.payload import Payload

_WAYS: dict[str, type[Way]] = {"postgresql": PostgresqlWay, "sqlite": SqliteWay}


class Restored(Payload):
    """What was restored, or why nothing was."""

    tables: tuple[RestoredTable, ...] = ()
    conflicts: tuple[RestoreConflict, ...] = ()


def restore(
    engine: Engine,
    package: OpenedPackage,
    inventory: Inventory | None = None,
    *,
    finishing: Callable[[], None] | None = None,
) -> Restored:
    """Restores in one transaction; `finishing` is called last in it, and may raise. A second run changes nothing.

    The inventory says which values erasing put into rows that stayed. Without `finishing` it's a dry run: everything
    is done and compared, and nothing is kept.

    Raises:
        Rejected: the package is of another kind of database, or what stands in the end isn't what it holds.
        Conflict: the database refused a row, for a rule that it alone knows.
    """
    way = _way(engine, package)
    with product_errors("restoring"), engine.connect() as connection:
        run = _Run(connection, package, way)
        conflicts = tuple(run.conflicts(inventory))
        if conflicts:
            return Restored(conflicts=conflicts)
        restored = Restored(tables=tuple(run.written()))
        if finishing:
            way.finish(connection, run.staged)
            finishing()
            connection.commit()
    return restored


def _way(engine: Engine, package: OpenedPackage) -> Way:
    source, dialect = package.description.dialect, engine.dialect.name
    if source != dialect:
        what = f"the package is of {source}, the database is {dialect}"
        raise Rejected("export package", what, "name a database of the kind that it came from")
    if dialect not in _WAYS:
        raise Rejected("product database", f"{dialect} can't be restored into", "docs/restore.md tells how to by hand")
    return _WAYS[dialect]()


class _Run:
    """One transaction that isn't committed yet."""

    def __init__(self, connection: Connection, package: OpenedPackage, way: Way) -> None:
        self._connection, self._package, self._way = connection, package, way
        self.staged: list[Staged] = []

    def conflicts(self, inventory: Inventory | None) -> Iterator[RestoreConflict]:
        """Those of the schema; where there are none, those of the rows, which are read for it."""
        self._way.prepare(self._connection)
        facts = schema_facts(self._connection).by_name()
        tables = self._package.description.tables
        wrong = [found for each in tables for found in schema_conflicts(each, facts.get(each.table))]
        yield from wrong
        if wrong:
            return
        masks, handed = masks_of(inventory), handed_of(inventory)
        for number, packaged in enumerate(tables):
            erased = (masks.get(packaged.table, {}), handed.get(packaged.table, ()))
            self.staged.append(Staged(packaged, facts[packaged.table], number, *erased))
            self._stage(self.staged[-1])
        by_table = {each.packaged.table: each for each in self.staged}
        for each in self.staged:
            judge(self._connection, each, by_table, self._way)
        for each in self.staged:
            yield from row_conflicts(self._connection, each, by_table)

    def written(self) -> Iterator[RestoredTable]:
        """Writes all rows, parents first, and compares them with the package's."""
        for together in _parents_first(self.staged):
            with product_errors(f"writing {', '.join(each.packaged.table for each in together)}"):
                for each in together:
                    make_room(self._connection, each, self._way)
                self._way.write(self._connection, together)
        for each in self.staged:
            with product_errors(f"comparing {each.packaged.table}"):
                prove(self._connection, each, self._way)
            yield outcome(self._connection, each)

    def _stage(self, staged: Staged) -> None:
        packaged = staged.packaged
        with product_errors(f"reading {packaged.path}"):
            self._way.fill(self._connection, staged, self._package)
            if (read := counted(self._connection, staged)) != packaged.rows:
                what = f"{packaged.path} holds {read} rows, its description says {packaged.rows}"
                raise Rejected("export package", what, "export it again")
            keep_masks(self._connection, staged)


def _parents_first(staged: list[Staged]) -> Iterator[list[Staged]]:
    """Tables that point at each other come together."""
    by_table = {each.packaged.table: each for each in staged}
    edges = {
        name: [key.hop.parent for key in each.facts.foreign if key.hop.parent in by_table]
        for name, each in by_table.items()
    }
    for component in reversed(strongly_connected(edges)):
        yield [by_table[name] for name in sorted(component)]
