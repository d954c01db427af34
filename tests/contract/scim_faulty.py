"""A SCIM server behind a proxy that fails by a plan, and one sample account there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from connectors.scim.identity import ScimIdentity
from tests.contract.people import USERS, ScimPeople
from tests.contract.scim_proxy import Fault, ScimProxy

KEY = "case-1:deactivate_users:-:1"
CLOSED = len(USERS) - 2
"""How many an exit deactivates: all but the contact, and who was inactive."""


class Faulty(NamedTuple):
    """The account's people, behind the proxy's back; `bulk`: whether changes go in bulk."""

    people: ScimPeople
    proxy: ScimProxy
    account: str
    bulk: bool

    def worker(self) -> ScimIdentity:
        """A worker that knows nothing of any other."""
        return self.people.worker(self.proxy.url)

    def changing(self, what: str = "PATCH Users") -> str:
        """What the proxy calls a request that changes something."""
        return "POST Bulk" if self.bulk else what

    def plan(self, name: str, *faults: Fault) -> None:
        """The next requests of that name meet these."""
        self.proxy.plan(name, *faults)

    def everything(self) -> list[Any]:
        """All users and memberships."""
        return self.people.everything(self.account)

    def close(self) -> int:
        """What the step does, by a new worker."""
        return go_on(self.worker(), self.account, [""])

    def expect_the_same(self, before: list[Any]) -> None:
        """A second run ends as an undisturbed one: each user deactivated once; and so does the way back."""
        assert self.close() == CLOSED
        worker = self.worker()
        assert worker.count(self.account, active=True) == 1
        assert sorted(self.proxy.changed.values()) == [1] * CLOSED
        assert worker.reactivate(self.account, KEY) == CLOSED
        assert self.everything() == before


def go_on(identity: ScimIdentity, account: str, after: list[str], limit: int = 100) -> int:
    """Page by page from the last of `after` on, and notes there how far it came, as a heartbeat does."""
    while page := identity.users(account, after[-1], limit):
        identity.deactivate(account, page, KEY)
        after.append(page[-1])
    return identity.deactivate(account, [], KEY)


@contextmanager
def behind_a_proxy(people: ScimPeople, *, bulk: bool) -> Iterator[Faulty]:
    """Until the block ends."""
    proxy = ScimProxy(people.place.url)
    try:
        yield Faulty(people, proxy, people.add_account(), bulk)
    finally:
        proxy.close()
