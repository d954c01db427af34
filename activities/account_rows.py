"""The rows of one account at one instant, by data set."""

from connectors.ports.product import Snapshot, TableRead
from models.hop import Hop
from models.inventory import DataSet, Inventory
from models.ledger import digest
from models.package import TablePart


class AccountRows:
    """A snapshot, as far as one account is concerned."""

    def __init__(self, snapshot: Snapshot, inventory: Inventory, root_key: str) -> None:
        """`root_key` is the account's in the product; `self.inventory` is the inventory's digest."""
        self._snapshot, self._inventory, self._root_key = snapshot, inventory, root_key
        self.instant, self.readers = snapshot.instant, snapshot.readers
        self.inventory = digest(inventory.model_dump(mode="json"))

    def read(self, data_set: DataSet) -> TableRead:
        """As text, while it's read; raises NotFound."""
        return self._snapshot.read(self._inventory, data_set, self._root_key)

    def count(self, data_set: DataSet) -> int:
        """How many there must be."""
        return self._snapshot.count(self._inventory, data_set, self._root_key)

    def are_still(self, kept: TablePart, data_set: DataSet) -> bool:
        """Whether it is proven that they are those that were read then."""
        about = (self._inventory, data_set, self._root_key)
        # What is proven of rows says nothing where other rows belong by now.
        return kept.inventory == self.inventory and self._snapshot.unchanged_since(kept.instant, kept.counted, *about)

    def closed(self, data_set: DataSet, hop: Hop) -> bool:
        """Whether this key of theirs never leads out of the package."""
        return self._snapshot.closed(self._inventory, data_set, hop, self._root_key)
