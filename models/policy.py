"""The policy: what an operator decides, as data, each period with its citation.

Source: DOMAIN dates.2; `policy.toml` is its written form. The contract-and-money issue deepens it.
"""

import tomllib
from datetime import date
from pathlib import Path

from pydantic import Field

from models.money import Amount
from models.payload import Payload


class Period(Payload):
    """A length in days of the customer's calendar, with the rule and the text that it rests on."""

    days: int = Field(ge=0)
    rule: str
    citation: str
    valid_from: date
    valid_to: date | None = None


class Jurisdiction(Payload):
    """The periods of one jurisdiction."""

    notice: Period
    transition: Period
    late_usage: Period
    retrieval: Period
    backups: Period


class Cadence(Payload):
    """The follow-ups, in days after the goodbye, and the hours in which they may arrive.

    Source: DOMAIN messages.5.
    """

    thanks_days: int = Field(gt=0)
    survey_reminder_days: int = Field(gt=0)
    come_back_days: int = Field(gt=0)
    earliest_hour: int = Field(ge=0, le=23)
    latest_hour: int = Field(ge=1, le=24)
    max_touches: int = Field(gt=0)


class Sender(Payload):
    """Who writes, and whom the customer may ask."""

    company: str
    product: str
    address: str
    help_name: str
    help_address: str


class Policy(Payload):
    """All of it. Amounts are per ISO 4217 currency; `approvals` per gate."""

    version: str
    jurisdictions: dict[str, Jurisdiction]
    write_off_thresholds: dict[str, Amount]
    approvals: dict[str, int]
    approval_days: int = Field(gt=0)
    retrieval_reminder_days: int = Field(gt=0)
    silence_days: int = Field(ge=0)
    hold_confirm_days: int = Field(gt=0)
    evidence_years: int = Field(gt=0)
    users_a_page: int = Field(gt=0, default=500)
    cadence: Cadence
    sender: Sender

    def jurisdiction(self, code: str) -> Jurisdiction:
        """That of the code, or the default."""
        return self.jurisdictions.get(code, self.jurisdictions["default"])


def read_policy(path: Path) -> Policy:
    """Reads `policy.toml`.

    Raises:
        OSError, tomllib.TOMLDecodeError, pydantic.ValidationError: missing, no TOML, or of another form.
    """
    return Policy.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
