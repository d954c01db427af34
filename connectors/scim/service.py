"""One SCIM service: discovered once, asked within its limit, its errors ours. Source: RFC 7644."""

import logging
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from typing import Any, Literal, NamedTuple, TypeVar

import httpx2
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Bulk, ScimPolicy, ScimProvider, SearchRequest, ServiceProviderConfig

from connectors.errors import NotFound, RateLimited, Rejected
from connectors.scim.bucket import TokenBucket
from connectors.scim.errors import SYSTEM, translating

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
LONGEST_WAIT = timedelta(seconds=10)
WAITS = 3
Kind = Literal["User", "Group"]
ATTRIBUTES: dict[Kind, list[str]] = {
    "User": ["userName", "emails", "active", "meta"],
    "Group": ["displayName", "members", "meta"],
}
"""All that is ever asked for of them."""
Answer = TypeVar("Answer")
_ONE_BY_ONE = Lock()
"""Discovery makes classes of schemas, which parses source; Python before 3.11.4 fails where two threads do at once."""


class Page(NamedTuple):
    """A part of a list: what it holds, how many the service says there are in all, and whether it gave all we asked."""

    resources: list[Any]
    total: int
    full: bool


def open_client(url: str, token: str, bucket: TokenBucket) -> httpx2.Client:
    """A client that never follows a redirect: the token is for this address. Opens no connection yet.

    One attempt a call: Temporal retries, and nobody else.
    """
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it tells of every request, filter and all, at INFO
    return httpx2.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {token}", "Accept": "application/scim+json"},
        timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
        event_hooks={"request": [lambda _: bucket.take()]},
        follow_redirects=False,
    )


class Service:
    """A service at one address. Every request takes a token of the bucket, discovery too; threads may share it."""

    def __init__(self, client: httpx2.Client, bucket: TokenBucket, *, bulk: bool = True) -> None:
        """Asks nothing yet. Without `bulk` nothing goes in bulk, whatever the service offers."""
        lenient = ScimProvider(policy=ScimPolicy(unknown=ScimPolicy.Unknown.ignore))
        self._scim, self._bucket = SyncSCIMClient(client, provider=lenient), bucket
        self._discovered, self._wants_bulk = False, bulk

    @property
    def config(self) -> ServiceProviderConfig:
        """What the service offers."""
        return self.scim.provider.config or ServiceProviderConfig()

    @property
    def bulk(self) -> Bulk | None:
        """How much it takes at once; None: one change a call."""
        offered = self.config.bulk
        usable = self._wants_bulk and offered and offered.supported and offered.max_operations != 0
        return offered if usable else None

    @property
    def sorts(self) -> bool:
        """Whether lists come in an order that we choose."""
        return bool(self.config.sort and self.config.sort.supported)

    @property
    def scim(self) -> SyncSCIMClient:
        """The client, once ServiceProviderConfig, ResourceTypes and Schemas are known."""
        with _ONE_BY_ONE:
            if not self._discovered:
                self._patiently(self._scim.discover)
                self._discovered = True
        return self._scim

    def model(self, kind: Kind) -> Any:
        """The form of users or groups as this service has them, extensions included."""
        found = self.scim.get_resource_model(kind)
        if found is None:
            raise Rejected(SYSTEM, f"there is no resource type {kind}", "check FAREWELL_SCIM_URL (docs/scim.md)")
        return found

    def page(self, kind: Kind, asked: str | None, count: int, start: int = 1) -> Page:
        """Up to `count` of those that a filter names, from the `start`th on, by id where the service sorts."""
        most = self.config.filter.max_results if self.config.filter else None
        count = min(count, most or count)
        words: dict[str, Any] = {"start_index": start, "count": count}
        if asked:
            words["filter"] = asked
        if self.sorts:
            words["sort_by"] = "id"
        search: SearchRequest[Any] = SearchRequest(attributes=ATTRIBUTES[kind], **words)
        found: Any = self.ask(lambda scim: scim.query(self.model(kind), query_parameters=search, **_ANY_STATUS))
        resources = list(found.resources or [])
        return Page(resources, int(found.total_results or 0), len(resources) >= count)

    def read(self, kind: Kind, resource: str) -> Any:
        """One by its id; raises NotFound."""
        shown: SearchRequest[Any] = SearchRequest(attributes=ATTRIBUTES[kind])
        return self.ask(lambda scim: scim.query(self.model(kind), resource, query_parameters=shown, **_ANY_STATUS))

    def has(self, kind: Kind, resource: str) -> bool:
        """Whether it's there."""
        try:
            self.read(kind, resource)
        except NotFound:
            return False
        return True

    def create(self, resource: Any) -> str:
        """Makes it; answers its id. Raises Conflict where its name is taken."""
        made: Any = self.ask(lambda scim: scim.create(resource, **_ANY_STATUS))
        return str(made.id)

    def version(self, resource: Any) -> str | None:
        """What makes a change conditional, where the service keeps versions. Source: RFC 7644 §3.14."""
        etag = self.config.etag
        return resource.meta.version if etag and etag.supported and resource.meta else None

    def ask(self, call: Callable[[SyncSCIMClient], Answer]) -> Answer:
        """Asks; raises ConnectorError."""
        scim = self.scim
        return self._patiently(lambda: call(scim))

    def _patiently(self, call: Callable[[], Answer]) -> Answer:
        """A short `Retry-After` is waited for here, by every thread; a long one is the caller's."""
        for _ in range(WAITS):
            try:
                with translating():
                    return call()
            except RateLimited as slow:
                if slow.retry_after is None or slow.retry_after > LONGEST_WAIT:
                    raise
                self._bucket.rest(slow.retry_after)
        with translating():
            return call()


_ANY_STATUS: dict[str, Any] = {"expected_status_codes": None}
"""Which statuses are errors, `errors.py` decides."""
