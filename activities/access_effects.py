"""What access activities do to identities and credentials, each effect under the key of its request."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from temporalio import activity

from activities.pulse import beat
from activities.together import answered
from connectors.ports.access import AccessSystem, IdentitySystem
from models.effects import UndoRequest
from models.payload import EffectRequest, Receipt
from models.vocabulary import CredentialClass

USERS, MEMBERS, SPARED = "users", "group_members", "users_left_active"
Answer = TypeVar("Answer")


def patiently(ask: Callable[[], Answer], *told: str) -> Answer:
    """A system of others may take its time: meanwhile the attempt tells that it's alive, and how far it is."""
    return answered(ask, lambda: beat(*told))


class AccessEffects:
    """Closes, opens, deletes; every call may take long, and be made twice."""

    def __init__(self, identity: IdentitySystem, access: AccessSystem, page: int) -> None:
        """`page` users are deactivated, or deleted, at a time."""
        self._identity, self._access, self._page = identity, access, page

    def deactivate(self, request: EffectRequest) -> Receipt:
        """Page by page; a new attempt goes on after the last page that was told. Source: DOMAIN identity.1."""
        account, key, after = request.account, request.idempotency_key, _told()
        while page := patiently(self._users(account, after), USERS, after):
            patiently(self._deactivated(account, page, key), USERS, after)
            after = page[-1]
            beat(USERS, after)
        return of_identity(request, USERS, patiently(self._deactivated(account, [], key), USERS, after))

    def spared(self, request: EffectRequest) -> Receipt:
        """How many are still active: the export contact, and whoever came meanwhile. Source: DOMAIN identity.2."""
        active = patiently(lambda: self._identity.count(request.account, active=True))
        return of_identity(request, SPARED, active)

    def reactivate(self, request: UndoRequest) -> Receipt:
        """Those that the undone effect deactivated. Source: DOMAIN identity.5."""
        count = patiently(lambda: self._identity.reactivate(request.account, request.undoes))
        return of_identity(request, USERS, count)

    def gate(self, request: EffectRequest, kinds: Sequence[CredentialClass]) -> dict[str, Receipt]:
        """In the order given; with their class, the groups lose their members. Source: DOMAIN identity.2."""
        receipts = {}
        for kind in kinds:
            receipts[kind.value] = patiently(self._gated(request, kind), kind.value)
            if kind is CredentialClass.GROUP:
                emptied = patiently(lambda: self._identity.empty_groups(request.account, request.idempotency_key))
                receipts[MEMBERS] = of_identity(request, MEMBERS, emptied)
        return receipts

    def free(self, request: UndoRequest) -> Receipt:
        """Those that the undone effect gated. Source: DOMAIN identity.5."""
        now = activity.info().scheduled_time
        return patiently(lambda: self._access.free(request.account, request.undoes, now))

    def refill(self, request: UndoRequest) -> Receipt:
        """The members whom the undone effect took out of their groups. Source: DOMAIN identity.5."""
        refilled = patiently(lambda: self._identity.refill_groups(request.account, request.undoes))
        return of_identity(request, MEMBERS, refilled)

    def delete(self, account: str) -> None:
        """Credentials, then users and groups, batch by batch. Source: DOMAIN identity.1."""
        patiently(lambda: self._access.delete(account))
        while patiently(lambda: self._identity.delete(account, self._page)):
            beat()

    def _users(self, account: str, after: str) -> Callable[[], list[str]]:
        return lambda: self._identity.users(account, after, self._page)

    def _deactivated(self, account: str, page: Sequence[str], key: str) -> Callable[[], int]:
        return lambda: self._identity.deactivate(account, page, key)

    def _gated(self, request: EffectRequest, kind: CredentialClass) -> Callable[[], Receipt]:
        now = activity.info().scheduled_time
        return lambda: self._access.gate(request.account, kind, request.idempotency_key, now)


def of_identity(request: EffectRequest, what: str, count: int) -> Receipt:
    """The port answers a number; the receipt around it is ours."""
    return Receipt(
        system="identity",
        action=f"{request.step} {what}",
        subject=request.account,
        count=count,
        at=activity.info().scheduled_time,
        reference=request.idempotency_key,
    )


def _told() -> str:
    """After which user the attempt before this one was, if it had come to users."""
    match list(activity.info().heartbeat_details):
        case [what, str(after)] if what == USERS:
            return after
    return ""
