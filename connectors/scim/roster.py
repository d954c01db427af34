"""The users of an account, by id: a cursor that an attempt after a kill can go on with. Source: RFC 7644 §3.4.2."""

from collections.abc import Callable, Collection, Iterable
from itertools import pairwise
from typing import Any, NamedTuple

from scim2_models import ScimFilter

from connectors.errors import Rejected, Unavailable
from connectors.scim.errors import SYSTEM
from connectors.scim.filters import AccountFilter
from connectors.scim.service import Kind, Page, Service

_A_PAGE, _A_FEW, _READINGS = 500, 2, 3


class Seen(NamedTuple):
    """A user as it was read: no name, no address. `contact`: it's the export contact's."""

    id: str
    active: bool
    version: str | None
    contact: bool


class Roster:
    """The users of one account at one service. What was read last is remembered, to be changed without a second look.

    Where the service sorts and compares ids, a page is one call. Elsewhere all are read first: pages by index shift
    when somebody is added or deleted, and such a reading is begun anew.
    """

    def __init__(self, service: Service, asked: AccountFilter, account: str, contact: Callable[[], str | None]) -> None:
        """`contact` tells the mail address of the export contact, if there is one."""
        self._service, self._filter, self._account, self._contact = service, asked, account, contact
        self._by_id = True
        self._all: list[Seen] | None = None
        self._last: dict[str, Seen] = {}

    def page(self, after: str, limit: int) -> list[str]:
        """Up to `limit` ids after `after`, in order; fewer where the service gives fewer, none at the end."""
        found = self._directly(after, limit)
        if found is None:
            found = [each for each in self._collected(anew=not after) if each.id > after][:limit]
        if not found:
            self._all = None
        self._last = {each.id: each for each in found}
        return [each.id for each in found]

    def seen(self, users: Collection[str]) -> list[Seen]:
        """Those of `users` that are the account's, as they were read last; each reading serves once."""
        last, self._last = self._last, {}
        if not set(users) <= last.keys():
            last = {each.id: each for each in self._everybody()}
        return [last[user] for user in users if user in last]

    def first(self, limit: int) -> Page:
        """Up to `limit` of them, as they come, and how many there are."""
        return self._service.page("User", self._filter.of(self._account), limit)

    def count(self, *, active: bool) -> int:
        """How many there are, or are active. One that isn't said to be inactive is active.

        Where the service's own count can't be relied on they're counted one by one.
        """
        total = self._total()
        inactive = self._total("active eq false") if active and total else 0
        if total is None or inactive is None:
            return sum(each.active or not active for each in self._everybody())
        return total - inactive

    def _total(self, *more: str) -> int | None:
        """As the service says; None where it refuses or ignores what more is asked, or counts no more than the page."""
        try:
            page = self._service.page("User", self._filter.of(self._account, *more), _A_FEW)
        except Rejected:
            return None
        ignored = more and any(each.active is not False for each in page.resources)
        return None if ignored or (page.full and page.total <= len(page.resources)) else page.total

    def look(self, users: Iterable[Any]) -> list[Seen]:
        """What is kept of users that were read. A contact is known by name or mail, whatever the case."""
        contact = (self._contact() or "").strip().casefold()
        return [
            Seen(
                id=str(user.id),
                active=user.active is not False,
                version=self._service.version(user),
                contact=bool(contact) and contact in _names(user),
            )
            for user in users
        ]

    def contacts(self) -> list[Seen]:
        """The export contact's users."""
        return [each for each in self._everybody() if each.contact] if self._contact() else []

    def gone(self, users: Collection[str]) -> set[str]:
        """Those that aren't there any more. Who isn't the account's is asked for one by one."""
        others = set(users) - {each.id for each in self._everybody()}
        return {user for user in others if not self._service.has("User", user)}

    def _directly(self, after: str, limit: int) -> list[Seen] | None:
        """A page by the service's own order and comparison; None where it has none, or another than ours."""
        if not (self._by_id and self._service.sorts):
            return None
        more = (f"id gt {ScimFilter.quote(after)}",) if after else ()
        try:
            page = self._service.page("User", self._filter.of(self._account, *more), limit)
        except Rejected:
            self._by_id = False
            return None
        ids = [after, *(str(each.id) for each in page.resources)]
        rising = all(one < other for one, other in pairwise(ids))
        self._by_id = rising and bool(page.resources) == bool(page.total)
        return self.look(page.resources) if self._by_id else None

    def _collected(self, *, anew: bool) -> list[Seen]:
        found = None if anew else self._all
        if found is None:
            found = self._all = self._everybody()
        return found

    def _everybody(self) -> list[Seen]:
        asked = self._filter.of(self._account)
        return sorted(self.look(everything(self._service, "User", asked)), key=lambda each: each.id)


def _names(user: Any) -> set[str]:
    mails = (mail.value for mail in getattr(user, "emails", None) or ())
    return {name.strip().casefold() for name in (user.user_name, *mails) if name}


def everything(service: Service, kind: Kind, asked: str | None) -> list[Any]:
    """All that a filter names, by index. Each page begins with the last of the one before: so a shift is seen.

    After a full page there may be another, whatever the service says of its total.

    Raises:
        Unavailable: it kept shifting.
    """
    for _ in range(_READINGS):
        found = _read_through(service, kind, asked)
        if found is not None:
            return found
    raise Unavailable(SYSTEM, f"the list of {kind} keeps changing while it's read", "stop the customer's feed first")


def _read_through(service: Service, kind: Kind, asked: str | None) -> list[Any] | None:
    page = service.page(kind, asked, _A_PAGE)
    found, total = page.resources, page.total
    while len(found) < total or page.full:
        page = service.page(kind, asked, _A_PAGE, start=len(found))
        if page.total != total or not page.resources or page.resources[0].id != found[-1].id:
            return None
        if len(page.resources) == 1:
            return found if len(found) >= total else None
        found = [*found, *page.resources[1:]]
    return found
