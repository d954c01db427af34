"""Where the SCIM service is, and which of its users and groups are an account's."""

from dataclasses import dataclass, field

from connectors.scim.filters import ACCOUNT, AccountFilter
from models.settings import Settings


@dataclass(frozen=True)
class ScimPlace:
    """Without filters all users and groups at `url` are the account's: then `{account}` is in it."""

    url: str
    token: str = field(repr=False)
    calls_a_minute: int
    users: AccountFilter
    groups: AccountFilter
    bulk: bool = True


def read_place(settings: Settings) -> ScimPlace:
    """What the settings say.

    Raises:
        ValueError: a filter is of another form, or nothing tells one account's users from another's: the setting, and
            why.
    """
    users = _read("FAREWELL_SCIM_FILTER", settings.scim_filter)
    groups = _read("FAREWELL_SCIM_GROUP_FILTER", settings.scim_group_filter or settings.scim_filter)
    url, token = settings.scim_url or "", settings.scim_token
    if ACCOUNT not in url and not (users and groups):
        expected = 'expected a filter such as externalId sw "{account}:", or {account} in FAREWELL_SCIM_URL'
        raise ValueError("FAREWELL_SCIM_FILTER", expected)
    secret = token.get_secret_value() if token else ""
    return ScimPlace(url, secret, settings.scim_calls_a_minute, users, groups, settings.scim_bulk)


def _read(setting: str, written: str | None) -> AccountFilter:
    try:
        return AccountFilter.read(written)
    except ValueError as wrong:
        raise ValueError(setting, str(wrong)) from None
