"""The file sets of a package: what lies in the product's bucket, and what its tables say should lie there."""

import hashlib
from collections.abc import Iterable

from activities.package_description import DATA
from activities.package_files import Attachments, index
from activities.package_place import PackagePlace
from connectors.errors import Rejected
from connectors.ports.product import ProductDatabase
from models.exporting import PackagedFile
from models.inventory import FileSet, Inventory
from models.package import FilesPart


class FilesSource:
    """What the product keeps of one account as files."""

    def __init__(
        self, product: ProductDatabase, inventory: Inventory, bucket: str | None, place: PackagePlace, root_key: str
    ) -> None:
        """`bucket` is the product's; the package goes to `place`."""
        self._product, self._inventory, self._root_key = product, inventory, root_key
        self._bucket, self._place = bucket, place

    def export(self, name: str, file_set: FileSet) -> FilesPart:
        """Copies the files, and lists them with those that are missing."""
        if self._bucket is None:
            raise Rejected("settings", "there are file sets, but no bucket", "set FAREWELL_S3_FILES_BUCKET")
        folder, prefix = f"{DATA}{name}", file_set.prefix.format(account=self._root_key)
        attached = Attachments(self._place, self._bucket, folder).copied(prefix, self._listed(file_set))
        body = index(attached)
        self._place.put(f"{folder}.csv", body)
        listed = PackagedFile(
            path=f"{folder}.csv", size_bytes=len(body), sha256=hashlib.sha256(body).hexdigest(), rows=len(attached)
        )
        part = FilesPart(name=name, index=listed, attached=attached)
        self._place.keep(name, part)
        return part

    def _listed(self, file_set: FileSet) -> Iterable[str]:
        """The keys that a column says should be there."""
        if file_set.listed_in is None:
            return []
        name, _, column = file_set.listed_in.partition(".")
        data_set = self._inventory.data_set(name)
        with self._product.snapshot() as instant:
            return dict.fromkeys(instant.values(self._inventory, data_set, self._root_key, column))
