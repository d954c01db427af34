"""Users and groups at a SCIM 2.0 service. Source: RFC 7643, RFC 7644; DOMAIN identity; docs/scim.md."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote
from uuid import uuid4

from sqlalchemy import Engine

from connectors.builtin.identity import BuiltinIdentity
from connectors.errors import NotFound, Rejected
from connectors.scim import probe
from connectors.scim.bucket import TokenBucket
from connectors.scim.changes import Change, settle
from connectors.scim.errors import SYSTEM
from connectors.scim.filters import ACCOUNT, AccountFilter
from connectors.scim.groups import Groups
from connectors.scim.marks import Mark, Marks, erase, twins
from connectors.scim.place import ScimPlace
from connectors.scim.roster import Roster, Seen
from connectors.scim.service import Kind, Service, open_client

Item = TypeVar("Item", Seen, Mark)
_IN_BULK, _ONE_BY_ONE = 500, 20
_REMEMBERED = 64
"""Accounts whose service, or whose page that was read last, a worker keeps in mind."""


class ScimIdentity:
    """An `IdentitySystem`; user ids are the service's. What an effect changes is marked in our own database first."""

    def __init__(self, place: ScimPlace, marks: Engine, export_contact: Callable[[str], str | None]) -> None:
        """Asks nothing yet. `export_contact` tells an account's mail address of the one who keeps access."""
        self._place, self._engine, self._contact = place, marks, export_contact
        self._marks = Marks(marks, groups=False)
        self._bucket = TokenBucket(place.calls_a_minute)
        self._opened = lru_cache(maxsize=_REMEMBERED)(self._open)
        self._roster = lru_cache(maxsize=_REMEMBERED)(self._roster_of)

    def check(self) -> None:
        """Whether the service answers, lets us in and minds our filters.

        Where each account has an address of its own, nobody's may be unknown there.
        """
        try:
            probe.probe_of(self._service("nobody"), self._place.users, "nobody", "check")
        except NotFound:
            if ACCOUNT not in self._place.url:
                raise

    def users(self, account: str, after: str, limit: int) -> list[str]:
        """A page of ids after `after`, in order, the export contact included."""
        return self._roster(account).page(after, limit)

    def count(self, account: str, *, active: bool) -> int:
        """How many users there are, or only the active ones; always asked afresh."""
        return self._roster(account).count(active=active)

    def spared(self, account: str) -> int:
        """How many active users are the export contact's; always asked afresh."""
        return sum(each.active for each in self._roster(account).contacts())

    def deactivate(self, account: str, users: Sequence[str], key: str) -> int:
        """PATCHes `active` to false where it's true, but the export contact's; answers how many bear `key`.

        Source: RFC 7644 §3.5.2, DOMAIN identity.1.
        """
        open_ones = [each for each in self._roster(account).seen(users) if each.active and not each.contact]
        for some in self._shares(account, open_ones):
            self._close(account, some, key)
        return self._marks.count(account, key)

    def reactivate(self, account: str, key: str) -> int:
        """Gives back what `key` deactivated, and no others; answers how many it has given back, again the same."""
        for some in self._shares(account, self._marks.standing(account, key)):
            seen = [Seen(mark.user, active=False, version=None, contact=False) for mark in some]
            self._marks.forget(account, key, [Mark(user) for user in self._set(account, seen, active=True)])
            self._marks.undone(account, key, some)
        return self._marks.count(account, key, undone=True)

    def empty_groups(self, account: str, key: str) -> int:
        """Takes every member but the export contact out of the account's groups; answers how many bear `key`."""
        roster = self._roster(account)
        return self._groups(account).empty(key, lambda: {each.id for each in roster.contacts()})

    def refill_groups(self, account: str, key: str) -> int:
        """Puts those back that `key` took out, and no others; answers how many. Source: DOMAIN identity.5."""
        return self._groups(account).refill(key, self._roster(account).gone)

    def plant(self, account: str, key: str) -> str:
        """An identity of our own in the account, once a `key`. Source: DOMAIN identity.3."""
        return probe.plant(self._service(account), self._place.users, account, key)

    def admits(self, account: str, user: str) -> bool:
        """Whether that identity is there and active."""
        return probe.admits(self._service(account), user)

    def pull(self, account: str, user: str) -> None:
        """Removes what `plant` made; again changes nothing."""
        probe.pull(self._service(account), user)

    def delete(self, account: str, limit: int) -> int:
        """Deletes up to `limit` users; with the last, groups, marks, and users that were imported beside them.

        Raises:
            Rejected: the service says that it deletes, and doesn't: some deactivate instead.
        Source: DOMAIN identity.1, erasure.7.
        """
        page, service = self._roster(account).first(limit), self._service(account)
        settle(service, "User", [_deleted(service, each) for each in page.resources], lambda u: _deleted(service, u))
        if page.resources and service.has("User", str(page.resources[0].id)):
            fix = "have the provider erase them, then: farewell resolve ACCOUNT TASK --outcome retry"
            raise Rejected(SYSTEM, "it answers that users are deleted, and they are still there", fix)
        if len(page.resources) == page.total:
            self._groups(account).delete()
            erase(self._engine, account)
            while BuiltinIdentity(self._engine).delete(account, limit):
                pass
        return len(page.resources)

    def _close(self, account: str, users: Sequence[Seen], key: str) -> None:
        """What an undoing has overtaken is given back at once: the attempt is late. Source: DOMAIN identity.5."""
        noted = self._marks.note(account, key, (Mark(each.id) for each in users))
        due = [each for each in users if Mark(each.id) in noted]
        gone = self._set(account, due, active=False)
        self._marks.forget(account, key, [Mark(user) for user in gone])
        there = [each for each in due if each.id not in gone]
        standing = self._marks.note(account, key, (Mark(each.id) for each in there))
        late = [each for each in there if Mark(each.id) not in standing]
        self._set(account, [each._replace(active=False, version=None) for each in late], active=True)

    def _shares(self, account: str, all_of_them: Sequence[Item]) -> Iterator[Sequence[Item]]:
        """As many as are done within seconds: between two shares a late attempt sees that it was undone."""
        if all_of_them:
            share = _IN_BULK if self._service(account).bulk else _ONE_BY_ONE
            yield from (all_of_them[at : at + share] for at in range(0, len(all_of_them), share))

    def _set(self, account: str, users: Sequence[Seen], *, active: bool) -> list[str]:
        """Makes them active or not; answers those that aren't there any more."""
        roster = self._roster(account)

        def wanted(user: Seen) -> Change | None:
            operation = {"op": "replace", "path": "active", "value": active}
            return Change(user.id, user.version, (operation,)) if user.active is not active else None

        changes = [change for user in users if (change := wanted(user))]
        return settle(self._service(account), "User", changes, lambda user: wanted(*roster.look([user])))

    def _groups(self, account: str) -> Groups:
        return Groups(self._service(account), self._place.groups, account, Marks(self._engine, groups=True))

    def _roster_of(self, account: str) -> Roster:
        return Roster(self._service(account), self._place.users, account, lambda: self._contact(account))

    def _service(self, account: str) -> Service:
        service = self._opened(self._place.url.replace(ACCOUNT, quote(account, safe="")))
        if self._place.users:
            for twin in twins(self._engine, account):
                self._refuse(service, account, twin)
        return service

    def _refuse(self, service: Service, account: str, twin: str) -> None:
        """Most attributes are compared without case: `acme` would take the users of `ACME` along."""
        theirs = probe.probe_of(service, self._place.users, twin, "twin")
        if self._place.users.takes(theirs, account):
            fix = "compare an attribute that is caseExact, such as externalId, in FAREWELL_SCIM_FILTER (docs/scim.md)"
            raise Rejected(SYSTEM, f"its filter can't tell {account} from {twin}", fix)

    def _open(self, url: str) -> Service:
        """A service that is shared must prove that it minds our filters: else every customer would be the account's."""
        service = Service(open_client(url, self._place.token, self._bucket), self._bucket, bulk=self._place.bulk)
        asked: tuple[tuple[Kind, AccountFilter], ...] = (("User", self._place.users), ("Group", self._place.groups))
        for kind, filtered in asked:
            if filtered and service.page(kind, filtered.of(f"nobody-{uuid4().hex}"), 1).total:
                fix = "use one that the service understands, or a service of its own for each account (docs/scim.md)"
                raise Rejected(SYSTEM, f"the service ignores the filter for {kind}", fix)
        return service


def _deleted(service: Service, user: Any) -> Change:
    return Change(str(user.id), service.version(user))
