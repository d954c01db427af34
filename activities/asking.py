"""Sub-processors are asked to erase, and asked again: each request is kept, and sent once. Source: DOMAIN stages.3."""

from datetime import datetime

from connectors.errors import NotFound
from connectors.ports.outside import SubProcessors
from connectors.ports.own import CaseStore, Directory
from models.inventory import Inventory, Processor
from models.payload import EffectRequest
from models.processors import Asked, Confirmed
from rules.processors import ASKED, CONFIRMED, standing


class Asking:
    """Asks, and remembers what was said."""

    def __init__(self, store: CaseStore, directory: Directory, processors: SubProcessors, inventory: Inventory) -> None:
        self._store, self._directory, self._processors, self._inventory = store, directory, processors, inventory

    def ask(self, request: EffectRequest, name: str, at: datetime) -> Asked:
        """Asks, unless it has confirmed, or was asked by this very effect. Two attempts send the same request.

        Raises:
            NotFound: the inventory no longer names it. ConnectorError: it can't be asked.
        """
        known, key = self._asked(request.case, name), request.idempotency_key
        stands = self.standing(request.case, name)
        if stands and (stands.confirmed_at or any(each.key == key for each in known)):
            return stands
        root_key = self._directory.facts(request.account).account.root_key
        answer = self._processors.ask(self._named(name), request.account, root_key, key, at)
        body = Asked(
            name=name,
            key=key,
            asked=len(known) + 1,
            asked_at=at,
            confirmed_at=at if answer.confirmed else None,
            reference=answer.reference,
            erased=answer.erased,
        )
        self._store.keep_document(request.case, ASKED, f"{key}:asked", body.model_dump(mode="json"), at)
        return self.standing(request.case, name) or body

    def standing(self, case: str, name: str) -> Asked | None:
        """Where it stands; None: it was never asked."""
        told = (Confirmed.model_validate(body) for body in self._store.documents(case, CONFIRMED))
        return standing(name, self._asked(case, name), told)

    def _asked(self, case: str, name: str) -> list[Asked]:
        kept = (Asked.model_validate(body) for body in self._store.documents(case, ASKED))
        return [each for each in kept if each.name == name]

    def _named(self, name: str) -> Processor:
        for each in self._inventory.processors:
            if each.name == name:
                return each
        raise NotFound("inventory", f"no sub-processor {name}", "give it back to the inventory")
