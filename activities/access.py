"""Who and what may still come in. Source: DOMAIN identity.1–identity.5."""

from collections.abc import Mapping

from temporalio import activity

from activities.access_effects import MEMBERS, SPARED, USERS, AccessEffects, patiently
from activities.access_looks import FIRST, SECOND, Looks, by_name
from activities.access_probe import Probe
from activities.receipts import keep
from connectors.ports.access import AccessSystem, IdentitySystem
from connectors.ports.own import CaseStore
from connectors.ports.storage import KeyStore
from models.access import Sighting
from models.case import Noted
from models.effects import AccessResult, HandOverResult, ProbeResult, ScanResult, UndoRequest
from models.payload import EffectRequest, Receipt
from models.policy import Policy
from models.vocabulary import CredentialClass

FEED = CredentialClass.IDP_FEED
CREDENTIALS = [kind for kind in CredentialClass if kind is not FEED]
FREED = "credentials"
UNOWNED_NAMED = 20


class AccessActivities:
    """Closes the feed, the users, then every class of credential; proves it; and opens exactly what it closed."""

    def __init__(
        self, *, identity: IdentitySystem, access: AccessSystem, store: CaseStore, keys: KeyStore, policy: Policy
    ) -> None:
        """Takes the ports; `policy.house.users_a_page` users are deactivated at a time."""
        self._access, self._store = access, store
        self._does = AccessEffects(identity, access, policy.house.users_a_page)
        self._probe = Probe(identity, access, store, keys)
        self._looks = Looks(identity, access, store, self._probe)

    # -- while the account lives

    @activity.defn(name="plant_probe")
    def plant_probe(self, request: EffectRequest) -> Noted:
        """An identity, a session and a key of our own, which must get in now. Source: DOMAIN identity.3.

        Raises:
            Unavailable: they don't, so their being refused later would prove nothing.
        """
        return self._noted(request, self._probe.plant(request, activity.info().scheduled_time))

    @activity.defn(name="pull_probe")
    def pull_probe(self, request: UndoRequest) -> Noted:
        """Nothing of ours stays in an account that goes on."""
        return self._noted(request, self._probe.pull(request, activity.info().scheduled_time))

    @activity.defn(name="hand_over_assets")
    def hand_over_assets(self, request: EffectRequest) -> HandOverResult:
        """Each shared asset that has a successor goes to them; the others are told of. Source: DOMAIN identity.4."""
        account, key, now = request.account, request.idempotency_key, activity.info().scheduled_time
        receipt = patiently(lambda: self._access.hand_over(account, key, now))
        left = [asset.id for asset in patiently(lambda: self._access.assets(account))]
        counts = self._kept(request, {"handed": receipt})
        return HandOverResult(handed=counts["handed"], unowned=tuple(left[:UNOWNED_NAMED]), left=len(left))

    @activity.defn(name="hand_back_assets")
    def hand_back_assets(self, request: UndoRequest) -> Noted:
        """Those that were handed over, and no others. Source: DOMAIN identity.4, identity.5."""
        now = activity.info().scheduled_time
        return self._noted(request, patiently(lambda: self._access.hand_back(request.account, request.undoes, now)))

    # -- the cut-off and its way back, in the order of identity.2

    @activity.defn(name="disconnect_feed")
    def disconnect_feed(self, request: EffectRequest) -> AccessResult:
        """Before the users, or the customer's IdP creates them again. Source: DOMAIN identity.2."""
        return self._answered(request, self._does.gate(request, [FEED]))

    @activity.defn(name="reconnect_feed")
    def reconnect_feed(self, request: UndoRequest) -> AccessResult:
        """The feed that was disconnected."""
        return self._answered(request, {FEED.value: self._does.free(request)})

    @activity.defn(name="deactivate_users")
    def deactivate_users(self, request: EffectRequest) -> AccessResult:
        """Page by page, all but the export contact; however many, it's one activity. Source: DOMAIN identity.1."""
        counts = self._kept(request, {USERS: self._does.deactivate(request), SPARED: self._does.spared(request)})
        return AccessResult(counts={USERS: counts[USERS]})

    @activity.defn(name="reactivate_users")
    def reactivate_users(self, request: UndoRequest) -> AccessResult:
        """Those that were deactivated, and no others. Source: DOMAIN identity.5."""
        return self._answered(request, {USERS: self._does.reactivate(request)})

    @activity.defn(name="gate_credentials")
    def gate_credentials(self, request: EffectRequest) -> AccessResult:
        """Every class in its order, each with its receipt; groups lose their members. Source: DOMAIN identity.2, .3."""
        return self._answered(request, self._does.gate(request, CREDENTIALS))

    @activity.defn(name="suspend_sign_in")
    def suspend_sign_in(self, request: EffectRequest) -> AccessResult:
        """For a pause: nobody signs in or stays in; keys, hooks and schedules stay. Source: DOMAIN modes.1."""
        return self._answered(request, self._does.gate(request, [CredentialClass.SIGN_IN, CredentialClass.SESSION]))

    @activity.defn(name="free_credentials")
    def free_credentials(self, request: UndoRequest) -> AccessResult:
        """Those that were gated, and no others; groups as they were. Source: DOMAIN identity.5."""
        return self._answered(request, {MEMBERS: self._does.refill(request), FREED: self._does.free(request)})

    # -- the proof

    @activity.defn(name="probe_access")
    def probe_access(self, request: EffectRequest) -> ProbeResult:
        """Tries to come in with what `plant_probe` made. Source: DOMAIN identity.3.

        Raises:
            Rejected: nothing was planted, so nothing can be proven.
        """
        ways = self._probe.tried(request)
        self._kept(request, {"probe": _seen(request, "tried the probe", len(ways))})
        return ProbeResult(admitted=ways)

    @activity.defn(name="scan_for_zombies")
    def scan_for_zombies(self, request: EffectRequest) -> ScanResult:
        """Looks for what is alive again, closes it under the scan's own key, looks again. Source: DOMAIN identity.3."""
        found = self._looks.kept(request, FIRST, self._looks.alive)
        if not found.count:
            return self._scanned(request, {}, found, found)
        receipts = self._does.gate(request, [FEED])
        receipts[USERS] = self._does.deactivate(request)
        receipts |= self._does.gate(request, CREDENTIALS)
        return self._scanned(request, receipts, found, self._looks.kept(request, SECOND, self._looks.alive))

    @activity.defn(name="undo_scan")
    def undo_scan(self, request: UndoRequest) -> AccessResult:
        """Opens what a scan closed: it was the customer's all the same. Source: DOMAIN identity.5."""
        receipts = {USERS: self._does.reactivate(request), MEMBERS: self._does.refill(request)}
        return self._answered(request, {**receipts, FREED: self._does.free(request)})

    @activity.defn(name="scan_after_end")
    def scan_after_end(self, request: EffectRequest) -> ScanResult:
        """After the erasure nothing may be there: what is, open or closed, is deleted. Source: DOMAIN identity.3."""
        found = self._looks.kept(request, FIRST, self._looks.there)
        if not found.count:
            return self._scanned(request, {}, found, found)
        self._does.delete(request.account)
        return self._scanned(request, {}, found, self._looks.kept(request, SECOND, self._looks.there))

    def _scanned(
        self, request: EffectRequest, receipts: Mapping[str, Receipt], found: Sighting, left: Sighting
    ) -> ScanResult:
        self._kept(request, {"looked": _seen(request, "looked for ways in", found.count), **receipts})
        return ScanResult(found=by_name(found), left=by_name(left))

    def _answered(self, request: EffectRequest, receipts: Mapping[str, Receipt]) -> AccessResult:
        return AccessResult(counts=self._kept(request, receipts))

    def _noted(self, request: EffectRequest, receipt: Receipt) -> Noted:
        counts = self._kept(request, {receipt.action: receipt})
        return Noted(text=f"{receipt.action}: {counts[receipt.action]}")

    def _kept(self, request: EffectRequest, receipts: Mapping[str, Receipt]) -> dict[str, int]:
        kept = keep(self._store, request, list(receipts.values()))
        return {name: receipt.count for name, receipt in zip(receipts, kept, strict=True)}


def _seen(request: EffectRequest, action: str, count: int) -> Receipt:
    about = {"system": "access", "action": action, "subject": request.account, "reference": request.idempotency_key}
    return Receipt(**about, count=count, at=activity.info().scheduled_time)
