"""Who and what may still come in. Source: DOMAIN identity.1–identity.5."""

from temporalio import activity

from activities.pulse import beat
from activities.receipts import keep
from connectors.ports import AccessSystem, CaseStore, IdentitySystem
from models.effects import AccessResult, UndoRequest
from models.payload import EffectRequest, Receipt
from models.policy import Policy
from models.vocabulary import CredentialClass

USERS = "users"


class AccessActivities:
    """Closes the feed, the users, then every class of credential; and opens exactly what it closed."""

    def __init__(self, *, identity: IdentitySystem, access: AccessSystem, store: CaseStore, policy: Policy) -> None:
        """Takes the ports; `policy.house.users_a_page` users are deactivated at a time."""
        self._identity, self._access, self._store = identity, access, store
        self._policy = policy

    @activity.defn(name="disconnect_feed")
    def disconnect_feed(self, request: EffectRequest) -> AccessResult:
        """Before the users, or the customer's IdP creates them again. Source: DOMAIN identity.2."""
        return self._gate(request, [CredentialClass.IDP_FEED])

    @activity.defn(name="reconnect_feed")
    def reconnect_feed(self, request: UndoRequest) -> AccessResult:
        """The feed that was disconnected."""
        return self._free(request, CredentialClass.IDP_FEED)

    @activity.defn(name="deactivate_users")
    def deactivate_users(self, request: EffectRequest) -> AccessResult:
        """Page by page, all but the export contact; a new attempt goes on after the last page that was told.

        Source: DOMAIN identity.1.
        """
        account, key = request.account, request.idempotency_key
        details = activity.info().heartbeat_details
        after = str(details[0]) if details else ""
        while page := self._identity.users(account, after, self._policy.house.users_a_page):
            self._identity.deactivate(account, page, key)
            after = page[-1]
            activity.heartbeat(after)
        return self._answered(request, {USERS: self._of_users(request, self._identity.deactivate(account, [], key))})

    @activity.defn(name="reactivate_users")
    def reactivate_users(self, request: UndoRequest) -> AccessResult:
        """Those that were deactivated, and no others. Source: DOMAIN identity.5."""
        count = self._identity.reactivate(request.account, request.undoes)
        return self._answered(request, {USERS: self._of_users(request, count)})

    @activity.defn(name="gate_credentials")
    def gate_credentials(self, request: EffectRequest) -> AccessResult:
        """Every class in its order, each with its receipt. Source: DOMAIN identity.2, identity.3."""
        return self._gate(request, [kind for kind in CredentialClass if kind is not CredentialClass.IDP_FEED])

    @activity.defn(name="suspend_sign_in")
    def suspend_sign_in(self, request: EffectRequest) -> AccessResult:
        """For a pause: nobody signs in or stays in; keys, hooks and schedules stay. Source: DOMAIN modes.1."""
        return self._gate(request, [CredentialClass.SIGN_IN, CredentialClass.SESSION])

    @activity.defn(name="free_credentials")
    def free_credentials(self, request: UndoRequest) -> AccessResult:
        """Those that were gated, and no others. Source: DOMAIN identity.5."""
        return self._free(request, "credentials")

    def _gate(self, request: EffectRequest, kinds: list[CredentialClass]) -> AccessResult:
        receipts, now = {}, activity.info().scheduled_time
        for kind in kinds:
            receipts[kind.value] = self._access.gate(request.account, kind, request.idempotency_key, now)
            beat(kind.value)
        return self._answered(request, receipts)

    def _free(self, request: UndoRequest, what: str) -> AccessResult:
        receipt = self._access.free(request.account, request.undoes, activity.info().scheduled_time)
        return self._answered(request, {str(what): receipt})

    def _answered(self, request: EffectRequest, receipts: dict[str, Receipt]) -> AccessResult:
        kept = keep(self._store, request, list(receipts.values()))
        return AccessResult(counts={name: receipt.count for name, receipt in zip(receipts, kept, strict=True)})

    def _of_users(self, request: EffectRequest, count: int) -> Receipt:
        """The port answers a number; the receipt around it is ours."""
        return Receipt(
            system="identity",
            action=request.step,
            subject=request.account,
            count=count,
            at=activity.info().scheduled_time,
            reference=request.idempotency_key,
        )
