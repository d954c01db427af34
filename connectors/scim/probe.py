"""An identity of our own in the account, which must not get in any more once access is closed.

Source: DOMAIN identity.3.
"""

from hashlib import sha256
from typing import Any

from scim2_models import Context, SCIMException, ScimFilter, ScimPolicy

from connectors.errors import Conflict, NotFound, Rejected
from connectors.scim.errors import SYSTEM, translating
from connectors.scim.filters import AccountFilter
from connectors.scim.service import Service

NAME = "farewell-probe-"
_LENIENT = ScimPolicy(unknown=ScimPolicy.Unknown.ignore)


def probe_of(service: Service, asked: AccountFilter, account: str, key: str) -> Any:
    """What `plant` makes; raises Rejected where the filter doesn't let it be made."""
    name = f"{NAME}{sha256(key.encode()).hexdigest()[:16]}"
    about = {
        "userName": name,
        "externalId": key,
        "displayName": "Farewell probe",
        "name": {"givenName": "Farewell", "familyName": "Probe"},
        "active": True,
    }
    with translating():
        user = service.model("User").model_validate(about, scim_policy=_LENIENT)
    if not _fits(user, asked, account, name):
        fix = "name attributes that the service has, and that may be written, in FAREWELL_SCIM_FILTER (docs/scim.md)"
        raise Rejected(SYSTEM, "no user of our own can be made to fit the filter", fix)
    return user


def _fits(user: Any, asked: AccountFilter, account: str, name: str) -> bool:
    """Whether it does once it's made; what nobody may write isn't even sent."""
    try:
        asked.fit(user, account, name)
        sent = user.model_dump(scim_ctx=Context.RESOURCE_CREATION_REQUEST)
        return asked.takes(type(user).model_validate(sent, scim_policy=_LENIENT), account)
    except SCIMException:
        return False


def plant(service: Service, asked: AccountFilter, account: str, key: str) -> str:
    """Makes it, once a `key`, so that it is the account's; answers its id."""
    user = probe_of(service, asked, account, key)
    named = asked.of(account, f"userName eq {ScimFilter.quote(user.user_name)}")
    try:
        return _found(service, named) or service.create(user)
    except Conflict:  # another attempt was quicker
        found = _found(service, named)
        if found is None:
            raise
        return found


def admits(service: Service, user: str) -> bool:
    """Whether it's there and active."""
    try:
        return service.read("User", user).active is not False
    except NotFound:
        return False


def pull(service: Service, user: str) -> None:
    """Removes it; again changes nothing. Raises Rejected for a user that isn't ours."""
    try:
        if NAME not in service.read("User", user).user_name:
            raise Rejected(SYSTEM, "this user is no probe of ours, so it stays")
        service.ask(lambda scim: scim.delete(service.model("User"), user, expected_status_codes=None))
    except NotFound:
        return


def _found(service: Service, named: str | None) -> str | None:
    return next((str(user.id) for user in service.page("User", named, 1).resources), None)
