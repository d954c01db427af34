"""All tables of a package, out of one snapshot. What an attempt before wrote counts if it's proven unchanged.

Source: docs/one-instant.md.
"""

from collections.abc import Iterable, Iterator, Sequence

from isal import isal_zlib

from activities.account_rows import AccountRows
from activities.package_description import DATA
from activities.package_place import PackagePlace
from activities.package_record import TableRecords
from activities.package_rows import GZIP
from activities.pulse import beat
from activities.together import Together
from connectors.errors import Conflict
from connectors.ports.product import ProductDatabase
from models.exporting import PackagedFile
from models.inventory import DataSet, Inventory
from models.package import TablePart, TablesPart, Uploaded

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
        schema = self._product.schema()
        with self._product.snapshot() as instant:
            rows = AccountRows(instant, self._inventory, self._root_key)
            attempt = _Attempt(self._place, rows, TableRecords(rows, schema.by_name(), data_sets))
            part = TablesPart(
                instant=rows.instant,
                dialect=schema.dialect,
                root=self._inventory.root,
                tables=attempt.all(data_sets),
                sent_bytes=sum(attempt.sent.values()),
                kept_bytes=sum(attempt.kept.values()),
            )
            self._place.keep(INSTANT, part)
        return part


class _Attempt:
    """One attempt, at one instant. The bytes that were `sent` and `kept`, by data set."""

    def __init__(self, place: PackagePlace, rows: AccountRows, records: TableRecords) -> None:
        self._place, self._rows, self._records = place, rows, records
        self._together = Together(rows.readers, self._beat)
        self._under_way: set[str] = set()
        self._done: dict[str, TablePart] = {}
        self.sent: dict[str, int] = {}
        self.kept: dict[str, int] = {}

    def all(self, data_sets: Sequence[DataSet]) -> tuple[TablePart, ...]:
        self._together.each(self._table, data_sets)
        return tuple(self._done[each.name] for each in data_sets)

    def _beat(self) -> None:
        beat(self._rows.instant, len(self._done), sorted(self._under_way))

    def _table(self, wanted: DataSet) -> None:
        self._under_way.add(wanted.name)
        data_set = self._told_by_a_header(wanted)
        self._done[wanted.name] = self._standing(data_set) or self._written(data_set)
        self._under_way.remove(wanted.name)

    def _told_by_a_header(self, data_set: DataSet) -> DataSet:
        """JSON Lines without a line would tell of no column (and Frictionless fails): that is CSV, its header alone."""
        if data_set.format == "csv" or self._rows.count(data_set):
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
        if not self._rows.are_still(kept, data_set):
            return None
        part = self._records.renewed(kept, data_set)
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
        read = self._rows.read(data_set)
        path, parts = _path(data_set), list[TablePart]()

        def finishing(sent: Uploaded) -> None:
            """The record comes before the object: no object is there of which nothing is known."""
            file = PackagedFile(path=path, size_bytes=sent.size_bytes, sha256=sent.sha256, rows=read.rows)
            parts.append(self._records.made(data_set, read, file, sent.checksum))
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


def _record(data_set: DataSet) -> str:
    return f"tables/{data_set.name}"


def _path(data_set: DataSet) -> str:
    return f"{DATA}tables/{data_set.name}.{data_set.format}.gz"
