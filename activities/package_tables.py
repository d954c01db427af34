"""All tables of a package, out of one snapshot. What an attempt before wrote counts if it's proven unchanged.

Source: docs/one-instant.md.
"""

from collections.abc import Iterable, Iterator, Sequence

from isal import isal_zlib

from activities.package_description import DATA
from activities.package_place import PackagePlace
from activities.package_rows import GZIP
from activities.pulse import beat
from activities.together import Together
from connectors.errors import Conflict, NotFound, Rejected
from connectors.ports import ProductDatabase, Snapshot, TableRead
from models.effects import PackagedFile
from models.hop import Hop
from models.inventory import DataSet, Inventory
from models.package import TablePart, TablesPart, Uploaded
from models.schema import SchemaFacts, TableFacts

INSTANT = "instant"
_LEVEL = 1  # the header bears no time: equal rows give equal bytes


class TablesSource:
    """What the product's tables hold of one account, as far as the inventory knows it."""

    def __init__(self, product: ProductDatabase, inventory: Inventory, place: PackagePlace, root_key: str) -> None:
        """The package goes to `place`."""
        self._product, self._inventory = product, inventory
        self._place, self._root_key = place, root_key

    def export(self, data_sets: Sequence[DataSet]) -> TablesPart:
        """Writes those that don't stand yet, several at once, and keeps of which instant all of them are.

        Raises:
            Rejected: the rows that were read aren't as many as were counted.
            NotFound: there is no such table.
        """
        facts = self._product.schema()
        with self._product.snapshot() as instant:
            run = _Run(self._place, instant, self._inventory, self._root_key, facts)
            run.all(data_sets)
            part = TablesPart(
                instant=instant.instant,
                dialect=facts.dialect,
                root=self._inventory.root,
                tables=tuple(run.done[each.name] for each in data_sets),
                sent_bytes=sum(run.sent.values()),
                kept_bytes=sum(run.kept.values()),
            )
            self._place.keep(INSTANT, part)
        return part


class _Run:
    """One attempt, on one snapshot. `done`, and the bytes that were `sent` and `kept`, by data set."""

    def __init__(
        self, place: PackagePlace, instant: Snapshot, inventory: Inventory, root_key: str, facts: SchemaFacts
    ) -> None:
        self._place, self._instant, self._facts = place, instant, facts.by_name()
        self._inventory, self._root_key = inventory, root_key
        self._together = Together(instant.readers, self._beat)
        self._packaged: dict[str, DataSet] = {}
        self._under_way: set[str] = set()
        self._shared = {each.name for each in inventory.reference_sets}
        self.done: dict[str, TablePart] = {}
        self.sent: dict[str, int] = {}
        self.kept: dict[str, int] = {}

    def all(self, data_sets: Sequence[DataSet]) -> None:
        self._packaged = {each.table: each for each in data_sets}
        self._together.each(self._table, data_sets)

    def _beat(self) -> None:
        beat(self._instant.instant, len(self.done), sorted(self._under_way))

    def _table(self, wanted: DataSet) -> None:
        self._under_way.add(wanted.name)
        data_set = self._told_by_a_header(wanted)
        self.done[wanted.name] = self._standing(data_set) or self._written(data_set)
        self._under_way.remove(wanted.name)

    def _told_by_a_header(self, data_set: DataSet) -> DataSet:
        """JSON Lines without a line would tell of no column (and Frictionless fails): that is CSV, its header alone."""
        if data_set.format == "csv" or self._instant.count(self._inventory, data_set, self._root_key):
            return data_set
        return data_set.model_copy(update={"format": "csv"})

    def _standing(self, data_set: DataSet) -> TablePart | None:
        """What an attempt before wrote, where the database's word is enough that it's of this instant, too.

        A record without its object tells of an upload that may go on: that stays.
        """
        kept = self._place.kept(_record(data_set), TablePart)
        if kept is None or not self._place.stands(kept.file, kept.checksum):
            return None
        if kept.format != data_set.format:
            self._place.erase(kept.file.path)
            return None
        of = (self._inventory, data_set, self._root_key)
        if not self._instant.unchanged_since(kept.instant, kept.counted, *of):
            return None
        part = kept.model_copy(update={"instant": self._instant.instant, "foreign": self._foreign(data_set)})
        self._place.keep(_record(data_set), part)
        self.kept[part.name] = part.file.size_bytes
        return part

    def _written(self, data_set: DataSet) -> TablePart:
        """Where an object stands, it's only compared with the rows; one of other rows makes room."""
        try:
            return self._sent(data_set)
        except Conflict:
            self._place.erase(_path(data_set))
            return self._sent(data_set)

    def _sent(self, data_set: DataSet) -> TablePart:
        read = self._instant.read(self._inventory, data_set, self._root_key)
        path, parts = _path(data_set), list[TablePart]()

        def finishing(sent: Uploaded) -> None:
            """The record comes before the object: no object is there of which nothing is known."""
            file = PackagedFile(path=path, size_bytes=sent.size_bytes, sha256=sent.sha256, rows=read.rows)
            parts.append(self._part(data_set, read, file, sent.checksum))
            self._place.keep(_record(data_set), parts[-1])

        place = self._place
        sent = place.objects.upload(place.bucket, place.key(path), self._packed(read), finishing=finishing)
        self.sent[data_set.name], self.kept[data_set.name] = sent.sent_bytes, sent.kept_bytes
        return parts[-1]

    def _packed(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        packing = isal_zlib.compressobj(_LEVEL, isal_zlib.DEFLATED, GZIP)
        for block in blocks:
            self._together.check()
            if piece := packing.compress(block):
                yield piece
        yield packing.flush()

    def _part(self, data_set: DataSet, read: TableRead, file: PackagedFile, checksum: str) -> TablePart:
        return TablePart(
            name=data_set.name,
            table=data_set.table,
            file=file,
            columns=read.columns,
            primary=self._facts_of(data_set).primary,
            foreign=self._foreign(data_set),
            format=data_set.format,
            shared=data_set.name in self._shared,
            instant=self._instant.instant,
            counted=self._counted(data_set, read),
            checksum=checksum,
        )

    def _foreign(self, data_set: DataSet) -> tuple[Hop, ...]:
        """The keys that hold within the package, which is all that its description may promise."""
        hops = (key.hop for key in self._facts_of(data_set).foreign if key.hop.parent in self._packaged)
        return tuple(hop for hop in hops if self._holds(data_set, hop))

    def _holds(self, data_set: DataSet, hop: Hop) -> bool:
        """The only way to the root leads to what is exported: the database needn't be asked."""
        alone = len(hop.child_columns) == 1 and data_set.hops == (hop,)
        if alone and self._packaged[hop.parent].of_two != "keep":
            return True
        return self._instant.closed(self._inventory, data_set, hop, self._root_key)

    def _counted(self, data_set: DataSet, read: TableRead) -> int:
        """By a count of its own, in the same snapshot. Source: DOMAIN stages.2."""
        counted = self._instant.count(self._inventory, data_set, self._root_key)
        if counted != read.rows:
            what = f"{read.rows} rows of {data_set.table} were read, {counted} are counted at the same instant"
            raise Rejected("product database", what, "this is a bug of ours: keep the schema and tell us")
        return counted

    def _facts_of(self, data_set: DataSet) -> TableFacts:
        facts = self._facts.get(data_set.table)
        if facts is None:
            raise NotFound("product database", f"there is no table {data_set.table}", "correct the inventory")
        return facts


def _record(data_set: DataSet) -> str:
    return f"tables/{data_set.name}"


def _path(data_set: DataSet) -> str:
    return f"{DATA}tables/{data_set.name}.{data_set.format}.gz"
