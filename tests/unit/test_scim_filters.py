"""Which users are an account's: no id can widen what is asked, and no account sees another's."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scim2_models import EnterpriseUser, ScimFilter, User

from connectors.configuration import WrongSetting
from connectors.opening import Connections
from connectors.scim.filters import AccountFilter
from connectors.scim.place import ScimPlace
from models.settings import Settings

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
WRITTEN = [
    'externalId eq "{account}"',
    'externalId sw "{account}:"',
    'userName ew "@{account}.example"',
    'name.familyName eq "{account}"',
    'title eq "x" and externalId co "/{account}/"',
    f'{ENTERPRISE}:organization eq "{{account}}" and userType eq "customer"',
]
IDS = st.from_regex(re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII), fullmatch=True)
Person = User[EnterpriseUser]


def one(account: str, written: str) -> Any:
    user = Person(user_name="farewell-probe-1", active=True)
    AccountFilter.read(written).fit(user, account, "farewell-probe-1")
    return user


@pytest.mark.parametrize("written", WRITTEN)
@given(account=IDS)
def test_identity_3_what_is_made_to_fit_is_found_by_the_filter(written: str, account: str) -> None:
    asked = AccountFilter.read(written).of(account)
    assert ScimFilter[Person](asked).match(one(account, written))


def test_identity_3_a_list_that_is_empty_gets_the_value_too() -> None:
    assert one("acme", 'emails.value ew "@{account}.example"').emails[0].value == "farewell-probe-1@acme.example"


@pytest.mark.parametrize("written", WRITTEN)
@given(account=IDS, other=IDS)
def test_no_account_sees_another_ones_users(written: str, account: str, other: str) -> None:
    exact = written.startswith("externalId") or account.lower() != other.lower()
    if account != other and exact:
        assert not ScimFilter[Person](AccountFilter.read(written).of(account)).match(one(other, written))


@given(account=st.text(min_size=1))
def test_values_are_quoted_whatever_they_hold(account: str) -> None:
    asked = AccountFilter.read('externalId eq "{account}"').of(account, "active eq false")
    terms = ScimFilter(asked).ast.terms
    assert [term.value for term in terms] == [account, False]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("externalId", "no SCIM filter"),
        ('externalId sw "acme:"', "must stand in one of its values"),
        ("externalId eq {account}", "no SCIM filter"),
        ('externalId eq "{account}" or userName eq "x"', "only comparisons"),
        ('not (externalId eq "{account}")', "only comparisons"),
        ('groups[value eq "{account}"]', "only comparisons"),
        ('externalId sw "{account}"', "a character that no account's id has"),
        ('externalId sw "{account}-"', "a character that no account's id has"),
        ('userName ew "{account}"', "a character that no account's id has"),
        ('externalId co "/{account}"', "a character that no account's id has"),
    ],
)
def test_a_filter_that_could_take_others_along_is_refused(written: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        AccountFilter.read(written)


def settings_with(**scim: str) -> Settings:
    return Settings.model_construct(identity="scim", scim_token=None, scim_calls_a_minute=180, scim_bulk=True, **scim)


@pytest.mark.parametrize(
    "scim",
    [
        {"scim_url": "https://scim.example/v2", "scim_filter": None, "scim_group_filter": None},
        {"scim_url": "https://scim.example/v2", "scim_filter": "x", "scim_group_filter": None},
        {"scim_url": "https://scim.example/{account}", "scim_filter": None, "scim_group_filter": "x"},
    ],
)
def test_a_wrong_filter_is_told_in_one_line(scim: dict[str, Any]) -> None:
    with pytest.raises(WrongSetting) as caught:
        _ = Connections(settings_with(**scim)).identity
    assert str(caught.value).startswith("FAREWELL_SCIM_")
    assert "\n" not in str(caught.value)


def test_the_group_filter_that_is_wrong_is_named() -> None:
    about = {"scim_url": "https://scim.example/{account}", "scim_filter": None, "scim_group_filter": "x"}
    with pytest.raises(WrongSetting) as caught:
        _ = Connections(settings_with(**about)).identity
    assert caught.value.name == "FAREWELL_SCIM_GROUP_FILTER"


def test_a_place_shows_no_token() -> None:
    assert "secret" not in repr(ScimPlace("https://scim.example", "secret", 1, AccountFilter(), AccountFilter()))


@pytest.mark.parametrize("token", ["two words", "línea", "line\nbreak", "sec\u2028ret", " "])
def test_a_token_that_no_header_can_hold_is_a_wrong_setting(token: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings(scim_token=token)  # type: ignore[call-arg]  # whatever else is missing
    wrong = next(each for each in caught.value.errors() if each["loc"] == ("scim_token",))
    assert "no bearer token" in wrong["msg"]
