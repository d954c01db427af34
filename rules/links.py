"""Links of ours: the address of a page, and the signed token in it that says for what. Source: TRUST 16; RFC 7519."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import AwareDatetime, SecretStr, ValidationError

from models.payload import AccountId, Payload

ALGORITHM = "HS256"
AFTER_THE_WINDOW = timedelta(days=7)
AFTER_THE_BACKUPS = timedelta(days=30)
WITHOUT_A_PLAN = timedelta(days=400)
TO_OPT_OUT = timedelta(days=3650)
CODEC = "codec"
SURVEY = "survey"
Purpose = Literal["package", "portal", "opt_out"]


class Pass(Payload):
    """What a token lets its bearer see: one thing of one case of one account, until an instant."""

    purpose: Purpose
    account: AccountId
    case: str
    until: AwareDatetime


class SignIn(Payload):
    """Whom a token lets in at the codec endpoint, until an instant; what they may see is looked up each time."""

    person: str
    until: AwareDatetime


class LinkRefused(Exception):
    """The token wasn't signed with our key, is no token, or says something that none of ours would."""


class Links:
    """Makes links and reads their tokens. Equal input gives an equal link, so a second attempt writes the same mail."""

    def __init__(self, public_url: str, key: str) -> None:
        """`public_url` is the address under which customers reach us, `key` base64 of at least 32 bytes (RFC 7518)."""
        self._public_url, self._key = public_url.rstrip("/"), OctKey.import_key(base64.b64decode(key))

    def to_package(self, case: str, account: str, until: datetime) -> str:
        """The page of a case's package; it opens until then, and while the package is there."""
        token = self.token(Pass(purpose="package", account=account, case=case, until=until))
        return f"{self._public_url}/package/{token}"

    def to_portal(self, case: str, account: str, until: datetime) -> str:
        """The customer's own page, from which all others are reached."""
        return f"{self._public_url}/exit/{self.token(Pass(purpose='portal', account=account, case=case, until=until))}"

    def to_opt_out(self, case: str, account: str, until: datetime) -> str:
        """The page, and the one-click address, by which the messages of a case end. Source: RFC 8058."""
        token = self.token(Pass(purpose="opt_out", account=account, case=case, until=until))
        return f"{self._public_url}/opt-out/{token}"

    def to_survey(self, cohort: str, until: datetime) -> str:
        """The survey's page: the same address for all who leave in a quarter, so that it names nobody.

        Source: DOMAIN messages.6.
        """
        return f"{self._public_url}/survey/{self._signed(aud=SURVEY, sub=cohort, exp=int(until.timestamp()))}"

    def to_codec(self, person: str, until: datetime) -> str:
        """The page that signs one of ours in, so that Temporal's own page may ask us to decode for them."""
        token = self._signed(aud=CODEC, sub=person, exp=int(until.timestamp()))
        return f"{self._public_url}/codec/sign-in?token={token}"

    def token(self, ticket: Pass) -> str:
        """The pass, signed."""
        return self._signed(aud=ticket.purpose, sub=ticket.account, case=ticket.case, exp=int(ticket.until.timestamp()))

    def read(self, token: str) -> Pass:
        """The pass that a token is; whether its time is up is the reader's to look at.

        Raises:
            LinkRefused: we never made it.
        """
        with _refusing():
            claims = self._claims(token)
            return Pass(purpose=claims["aud"], account=claims["sub"], case=claims["case"], until=_until(claims))

    def survey(self, token: str) -> tuple[str, datetime]:
        """The cohort that a survey's token is for, and until when; raises LinkRefused."""
        with _refusing():
            claims = self._claims(token)
            if claims["aud"] != SURVEY:
                raise LinkRefused("made for something else")
            return claims["sub"], _until(claims)

    def sign_in(self, token: str) -> SignIn:
        """Whom a token lets in at the codec endpoint; whether its time is up is the reader's to look at.

        Raises:
            LinkRefused: we never made it, or for something else.
        """
        with _refusing():
            claims = self._claims(token)
            if claims["aud"] != CODEC:
                raise LinkRefused("made for something else")
            return SignIn(person=claims["sub"], until=_until(claims))

    def _signed(self, **claims: str | int) -> str:
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])

    def _claims(self, token: str) -> dict[str, Any]:
        return jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims


def _until(claims: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(claims["exp"], UTC)


@contextmanager
def _refusing() -> Iterator[None]:
    """Whatever is wrong with a token, the answer is the same."""
    try:
        yield
    except (JoseError, ValidationError, ValueError, KeyError, TypeError, OverflowError) as error:
        raise LinkRefused(type(error).__name__) from None


def links_of(public_url: str | None, key: SecretStr | None) -> Links | None:
    """Links by these settings; None where one isn't made, and then no mail holds a link."""
    return Links(public_url, key.get_secret_value()) if public_url and key else None


def good_until(retrieval_end: datetime, now: datetime) -> datetime:
    """Until when a link made now is good: the window's end; a week, where silence has kept the package beyond it.

    Source: DOMAIN stages.1, dates.3.
    """
    return retrieval_end if now < retrieval_end else now + AFTER_THE_WINDOW


def portal_until(opened_at: datetime, backups_expire: datetime | None) -> datetime:
    """Until when the portal's link is good: past all that the plan tells of; by the case's age where there is none."""
    return backups_expire + AFTER_THE_BACKUPS if backups_expire else opened_at + WITHOUT_A_PLAN


def opt_out_until(opened_at: datetime) -> datetime:
    """Until when a case's messages can be opted out of: ten years, so that none outlives its link.

    Source: DOMAIN messages.8.
    """
    return opened_at + TO_OPT_OUT
