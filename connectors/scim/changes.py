"""Changes to many users or groups: in bulk where that's offered, each one's own answer looked at.

Source: RFC 7644 §3.5.2 (PATCH), §3.6 (DELETE), §3.7 (bulk), §3.14 (versions); DOMAIN identity.1.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from http import HTTPStatus
from typing import Any, NamedTuple
from urllib.parse import quote, unquote

from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_models import Bulk

from connectors.errors import Conflict, NotFound
from connectors.scim.errors import SYSTEM, answered
from connectors.scim.service import Kind, Service

TRIES = 4
_AGAIN = {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND, None}
_ENVELOPE_BYTES, _A_BULK = 1024, 1000


class Change(NamedTuple):
    """What is asked of one resource: operations of a PATCH, or none at all: to delete it."""

    resource: str
    version: str | None
    operations: tuple[dict[str, Any], ...] = ()

    @property
    def method(self) -> str:
        """Of the request."""
        return "PATCH" if self.operations else "DELETE"

    @property
    def data(self) -> dict[str, Any]:
        """The body of a PATCH."""
        return {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": list(self.operations)}


def settle(service: Service, kind: Kind, wanted: Sequence[Change], again: Callable[[Any], Change | None]) -> list[str]:
    """Makes the changes; answers the ids of those that aren't there any more.

    What somebody else has changed meanwhile (409, 412), what isn't found (it may be a member of a group that isn't), or
    what a bulk didn't answer, is read again; `again` says what is still to be changed of it.

    Raises:
        Conflict: somebody changes it again and again. ConnectorError: the service refused, or failed.
    """
    gone: list[str] = []
    for _ in range(TRIES):
        statuses = dict(_sent(service, kind, wanted))
        unsettled = [each.resource for each in wanted if statuses.get(each.resource) in _AGAIN]
        wanted = []
        for resource in unsettled:
            try:
                change = again(service.read(kind, resource))
            except NotFound:
                gone.append(resource)
            else:
                wanted += [change] if change else []
        if not wanted:
            return gone
    what = f"{len(wanted)} of {kind} are there, and can't be changed: each time something else was quicker"
    raise Conflict(SYSTEM, what, "stop what else changes them, such as the customer's feed, then try again")


def _sent(service: Service, kind: Kind, wanted: Sequence[Change]) -> Iterator[tuple[str, int | None]]:
    """Each resource with the status of its own answer; any other failure is raised at once."""
    endpoint = service.scim.resource_endpoint(service.model(kind))
    bulk = service.bulk
    if bulk is None:
        for change in wanted:
            yield change.resource, _one(service, kind, change)
        return
    for some in _batches(bulk, [_operation(endpoint, change) for change in wanted]):
        for resource, status in _in_bulk(service, some):
            if status >= HTTPStatus.BAD_REQUEST and status not in _AGAIN:
                raise answered(status)
            yield resource, status


def _one(service: Service, kind: Kind, change: Change) -> int:
    headers = {"If-Match": change.version} if change.version else {}
    options: dict[str, Any] = {"headers": headers, "expected_status_codes": None}
    model = service.model(kind)

    def ask(scim: SyncSCIMClient) -> object:
        if change.operations:
            return scim.modify(model, change.resource, change.data, **options)
        return scim.delete(model, change.resource, **options)

    try:
        service.ask(ask)
    except NotFound:
        return HTTPStatus.NOT_FOUND
    except Conflict:
        return HTTPStatus.CONFLICT
    return HTTPStatus.OK


def _operation(endpoint: str, change: Change) -> dict[str, Any]:
    operation: dict[str, Any] = {"method": change.method, "path": f"{endpoint}/{quote(change.resource, safe='')}"}
    if change.version:
        operation["version"] = change.version
    return {**operation, "data": change.data} if change.operations else operation


def _in_bulk(service: Service, operations: list[dict[str, Any]]) -> Iterator[tuple[str, int]]:
    """One call; an answer is known by its location, which only a failed POST has not. Source: RFC 7644 §3.7.3."""
    body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"], "Operations": operations}
    found: Any = service.ask(lambda scim: scim.bulk(body, check_request_payload=False, expected_status_codes=None))
    for operation in found.operations or []:
        if operation.location and operation.status:
            yield unquote(str(operation.location).rsplit("/", 1)[1]), int(operation.status)


def _batches(bulk: Bulk, operations: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """As many at once as the service takes, by number and by bytes."""
    most, most_bytes = bulk.max_operations or _A_BULK, bulk.max_payload_size
    batch: list[dict[str, Any]] = []
    size = _ENVELOPE_BYTES
    for operation in operations:
        bytes_of_it = len(json.dumps(operation)) + 2
        if batch and (len(batch) == most or (most_bytes and size + bytes_of_it > most_bytes)):
            yield batch
            batch, size = [], _ENVELOPE_BYTES
        batch.append(operation)
        size += bytes_of_it
    if batch:
        yield batch
