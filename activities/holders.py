"""Finds what a name of the plan stands for: tables, files, users, sub-processors, what we made ourselves."""

from activities.holdings import Holding, Objects, Records, Rows, Uncounted, Users
from connectors.errors import NotFound, Rejected
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.own import Directory
from connectors.ports.product import ProductDatabase
from connectors.ports.storage import ObjectStore
from models.inventory import Inventory
from models.vocabulary import FILES, OWN, OWN_PACKAGE, OWN_USERS, PROCESSORS


class Holders:
    """Every system that holds something of an account."""

    def __init__(
        self,
        *,
        product: ProductDatabase,
        objects: ObjectStore,
        directory: Directory,
        identity: IdentitySystem,
        access: AccessSystem,
        files_bucket: str | None,
        export_bucket: str,
    ) -> None:
        """`files_bucket` is None where the product has no files."""
        self._product, self._objects, self._directory = product, objects, directory
        self._identity, self._access = identity, access
        self._files_bucket, self._export_bucket = files_bucket, export_bucket

    def holding(self, name: str, account: str, inventory: Inventory) -> Holding:
        """What of the account bears that name.

        Raises:
            NotFound: the inventory doesn't know it. Rejected: there are files, but no bucket.
        """
        if name == OWN_PACKAGE:
            return Objects(self._objects, self._export_bucket, f"{account}/")
        if name == OWN_USERS:
            return Users(self._identity, self._access, account)
        if name.startswith(OWN):
            return Records(self._directory, account, name.removeprefix(OWN))
        if name.startswith(PROCESSORS):
            return Uncounted()
        return self._of_product(name, account, inventory)

    def _of_product(self, name: str, account: str, inventory: Inventory) -> Holding:
        root_key = self._directory.facts(account).account.root_key
        try:
            if name.startswith(FILES):
                return self._files(name.removeprefix(FILES), root_key, inventory)
            return Rows(self._product, inventory, inventory.data_set(name), root_key)
        except KeyError:
            raise NotFound("inventory", f"no data set {name}", "give it back to the inventory") from None

    def _files(self, name: str, root_key: str, inventory: Inventory) -> Objects:
        prefix = {f.name: f.prefix for f in inventory.file_sets}[name]
        if not self._files_bucket:
            raise Rejected("settings", "there are file sets, but no bucket", "set FAREWELL_S3_FILES_BUCKET")
        return Objects(self._objects, self._files_bucket, prefix.format(account=root_key))
