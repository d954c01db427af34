"""What is alive that shouldn't be: the zombie scan's looks. Source: DOMAIN identity.3."""

from collections.abc import Callable

from temporalio import activity

from activities.access_effects import patiently
from activities.access_probe import Probe
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.own import CaseStore
from models.access import Sighting
from models.payload import EffectRequest

DOCUMENT, FIRST, SECOND = "sighting", "first", "second"


class Looks:
    """A scan looks, closes what it saw, and looks again; what the first attempt saw counts for all attempts."""

    def __init__(self, identity: IdentitySystem, access: AccessSystem, store: CaseStore, probe: Probe) -> None:
        """Each look is kept with the case, in a document of kind `sighting`."""
        self._identity, self._access, self._store, self._probe = identity, access, store, probe

    def kept(self, request: EffectRequest, which: str, look: Callable[[EffectRequest], Sighting]) -> Sighting:
        """Looks and keeps what was seen, with the scan's key and which look it was."""
        key, now = request.idempotency_key, activity.info().scheduled_time
        body = {"scan": key, "look": which, "at": now.isoformat(), **look(request).model_dump(mode="json")}
        kept = self._store.keep_document(request.case, DOCUMENT, f"{key}:{DOCUMENT}:{which}", body, now)
        return Sighting.model_validate(kept)

    def alive(self, request: EffectRequest) -> Sighting:
        """Active users but the export contact, credentials that open, the probe's ways in."""
        account = request.account
        active = patiently(lambda: self._identity.count(account, active=True))
        return Sighting(
            users=max(0, active - patiently(lambda: self._identity.spared(account))),
            credentials=patiently(lambda: self._access.open(account)),
            probe=self._probe.ways(request),
        )

    def there(self, request: EffectRequest) -> Sighting:
        """After the erasure: users and credentials of whatever state."""
        account = request.account
        return Sighting(
            users=patiently(lambda: self._identity.count(account, active=False)),
            credentials=patiently(lambda: self._access.counts(account)),
            probe=self._probe.ways(request),
        )


def by_name(sighting: Sighting) -> dict[str, int]:
    """Names and counts of what was seen, those of nothing left out."""
    named = {"users": sighting.users, **sighting.credentials, "probe": len(sighting.probe)}
    return {name: count for name, count in named.items() if count}
