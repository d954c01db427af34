"""Makes the parts of a package: a table from the product's database, a file set from its bucket.

A second run writes the same bytes to the same places; what is known of a part is kept after the part itself.
"""

import hashlib
import io

from activities.package_description import DATA
from activities.package_files import Attachments, index
from activities.package_place import PackagePlace
from activities.package_table import PackedRows
from activities.pulse import beat
from connectors.errors import Rejected
from connectors.ports import ProductDatabase
from models.effects import PackagedFile
from models.inventory import DataSet, FileSet, Inventory
from models.package import FilesPart, ForeignKey, TablePart


class PackageSource:
    """What the product holds of one account, as far as the inventory knows it."""

    def __init__(
        self,
        product: ProductDatabase,
        inventory: Inventory,
        files_bucket: str | None,
        place: PackagePlace,
        root_key: str,
    ) -> None:
        """`files_bucket` is where the product keeps attachments; the package goes to `place`."""
        self._product, self._inventory, self._root_key = product, inventory, root_key
        self._files_bucket, self._place = files_bucket, place

    def export_table(self, data_set: DataSet) -> TablePart:
        """Streams the rows into the package, in memory that doesn't grow with them."""
        columns = self._product.columns(data_set)
        rows = self._product.rows(self._inventory, data_set, self._root_key)
        packed = PackedRows(columns, rows, beat)
        path = f"{DATA}tables/{data_set.name}.csv.gz"
        self._place.objects.upload(self._place.bucket, self._place.key(path), io.BufferedReader(packed))
        keys = self._product.keys(self._inventory, data_set)
        part = TablePart(
            name=data_set.name,
            table=data_set.table,
            file=PackagedFile(path=path, size_bytes=packed.size_bytes, sha256=packed.sha256, rows=packed.rows),
            columns=packed.described(),
            primary=tuple(keys["primary"]),
            foreign=tuple(ForeignKey.model_validate(key) for key in keys["foreign"]),
        )
        self._place.keep(data_set.name, part)
        return part

    def export_files(self, name: str, file_set: FileSet) -> FilesPart:
        """Copies the files one by one, and lists them with those that are missing."""
        folder = f"{DATA}{name}"
        attachments = Attachments(self._place, self._bucket(), folder)
        attached = tuple(attachments.copied(self._prefix(file_set), self.keys(file_set)))
        body = index(attached)
        self._place.put(f"{folder}.csv", body)
        listed = PackagedFile(
            path=f"{folder}.csv", size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest(), rows=len(attached)
        )
        part = FilesPart(name=name, index=listed, attached=attached)
        self._place.keep(name, part)
        return part

    def count(self, data_set: DataSet) -> int:
        """How many rows reach the account now."""
        return self._product.count(self._inventory, data_set, self._root_key)

    def keys(self, file_set: FileSet) -> list[str]:
        """The files that are there, and those that a table says should be."""
        there = (key for key, _ in self._place.objects.list(self._bucket(), self._prefix(file_set)))
        return list(dict.fromkeys([*there, *self._listed(file_set)]))

    def _listed(self, file_set: FileSet) -> list[str]:
        if file_set.listed_in is None:
            return []
        name, column = file_set.listed_in.split(".")
        data_set = self._inventory.data_set(name)
        place = [each["name"] for each in self._product.columns(data_set)].index(column)
        rows = self._product.rows(self._inventory, data_set, self._root_key)
        return [str(row[place]) for row in rows if row[place] is not None]

    def _prefix(self, file_set: FileSet) -> str:
        return file_set.prefix.format(account=self._root_key)

    def _bucket(self) -> str:
        if self._files_bucket is None:
            raise Rejected("settings", "there are file sets, but no bucket", "set FAREWELL_S3_FILES_BUCKET")
        return self._files_bucket
