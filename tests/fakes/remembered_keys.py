"""A key store that tests may look through after the end: what has been opened or sealed once stays known to them."""

from types import SimpleNamespace
from typing import Any

from connectors.ports.storage import KeyStore
from models.keys import DataKey, KeyScope


class RememberedKeys:
    """The real one; `afterwards` opens what it sealed, even when the key was destroyed since."""

    def __init__(self, store: KeyStore) -> None:
        self._store, self._seen = store, dict[str, DataKey]()
        self.afterwards = SimpleNamespace(opening=self._seen.__getitem__)

    def sealing(self, scope: KeyScope) -> DataKey:
        return self._remembered(self._store.sealing(scope))

    def opening(self, key_id: str) -> DataKey:
        return self._remembered(self._store.opening(key_id))

    def _remembered(self, key: DataKey) -> DataKey:
        self._seen[key.id] = key
        return key

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)
