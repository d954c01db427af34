"""Reading settings and the files that they name; what is wrong stops here, in one line.

Source: DESIGN, Configuration.
"""

import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from dotenv import dotenv_values
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from models.settings import Settings

DEFAULT_HOME = ".farewell"
EXPECTED = {
    "database_url": "an SQLAlchemy URL, such as postgresql+psycopg://user@host/farewell",
    "product_database_url": "an SQLAlchemy URL of the database that is exported and erased",
    "s3_endpoint_url": "an address such as https://s3.example.com, or nothing for the AWS SDK's own",
    "s3_public_url": "an address such as https://files.example.com, or nothing where customers reach the S3 endpoint",
    "s3_encryption": "AES256 (which is the default), aws:kms, aws:kms:<key id>, or none",
    "s3_export_bucket": "the name of the bucket for packages",
    "s3_evidence_bucket": "the name of a bucket with Object Lock",
    "smtp_url": "smtp://[user:password@]host:port, smtps://… or smtp+starttls://…",
    "public_url": "an address such as https://farewell.example.com",
    "temporal_ui_url": "the address of Temporal's own page, such as https://temporal.example.com",
    "keys": "the folder of the wrapped keys",
    "master_key": "32 bytes as base64, or FAREWELL_MASTER_KEY_FILE",
    "master_key_old": "as FAREWELL_MASTER_KEY, several separated by commas, or FAREWELL_MASTER_KEY_OLD_FILE",
    "signing_key": "an Ed25519 private key as a JWK, or FAREWELL_SIGNING_KEY_FILE",
    "link_key": "at least 32 bytes as base64, or FAREWELL_LINK_KEY_FILE",
    "suppression_key": "at least 32 bytes as base64, or FAREWELL_SUPPRESSION_KEY_FILE",
    "billing": "builtin or stripe",
    "stripe_key": "a secret or restricted key of Stripe, or FAREWELL_STRIPE_KEY_FILE",
    "stripe_webhook_secret": "the signing secret of the webhook endpoint, or FAREWELL_STRIPE_WEBHOOK_SECRET_FILE",
    "stripe_url": "an address such as http://127.0.0.1:8420, or nothing for Stripe's own",
    "identity": "builtin or scim",
    "scim_url": "an address such as https://scim.example.com/v2, in which {account} may stand for the account's id",
    "scim_token": "the bearer token of the SCIM service, in ASCII without spaces, or FAREWELL_SCIM_TOKEN_FILE",
    "access": "builtin or webhook",
    "access_webhook_url": "an address such as https://access.example.com/farewell",
    "access_webhook_secret": "whsec_… as base64, or FAREWELL_ACCESS_WEBHOOK_SECRET_FILE",
    "contracts": "builtin or webhook",
    "contracts_webhook_url": "an address such as https://contracts.example.com/farewell",
    "contracts_webhook_secret": "whsec_… as base64, or FAREWELL_CONTRACTS_WEBHOOK_SECRET_FILE",
    "messages_webhook_url": "an address such as https://messages.example.com/farewell",
    "messages_webhook_secret": "whsec_… as base64, or FAREWELL_MESSAGES_WEBHOOK_SECRET_FILE",
    "mail_webhook_secret": "whsec_… as base64, or FAREWELL_MAIL_WEBHOOK_SECRET_FILE",
    "messages_folder": "a folder of messages, as farewell message copy writes it",
    "scim_calls_a_minute": "a whole number above 0",
}
_UNKNOWN_KEY = "extra_forbidden"
_IN_WORDS = {
    _UNKNOWN_KEY: "nobody knows this key; is it spelled right?",
    "missing": "is missing",
    "tuple_type": "expected a list; of tables each begins with [[{0}]]",
    "string_type": "expected a text, in quotes",
}
Form = TypeVar("Form")


class WrongSetting(Exception):
    """A setting that can't be used: its `name`, and what was `expected`."""

    def __init__(self, name: str, expected: str) -> None:
        """One line for people, without the value: it may be a secret."""
        super().__init__(f"{name}: {expected}" if name else expected)
        self.name, self.expected = name, expected


def home() -> Path:
    """The folder of the embedded stack, and of the log."""
    return Path(os.environ.get("FAREWELL_HOME") or DEFAULT_HOME)


def load_environment(folder: Path) -> bool:
    """Takes what the embedded stack wrote to `<folder>/environment`; what the user has set wins.

    But where the S3 is the embedded one, so are its credentials: a developer's own would not be known there.
    """
    written = {name: value for name, value in dotenv_values(folder / "environment").items() if value is not None}
    embedded_s3 = "FAREWELL_S3_ENDPOINT_URL" not in os.environ
    for name, value in written.items():
        if not os.environ.keys() & {name, f"{name}_FILE"} or (embedded_s3 and name.startswith("AWS_")):
            os.environ[name] = value
    return bool(written)


def settings() -> Settings:
    """The settings of the environment.

    Raises:
        WrongSetting: one is missing or of another form.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise _wrong_setting(error.errors()[0]) from None


def read_file(name: str, path: Path, read: Callable[[Path], Form]) -> Form:
    """What `read` makes of the file that the setting `name` names.

    Raises:
        WrongSetting: there is none, it's no TOML, or of another form.
    """
    try:
        return read(path)
    except OSError as error:
        raise WrongSetting(name, f"expected a file that can be read; {path}: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WrongSetting(name, f"expected TOML in UTF-8; {path}: {error}") from None
    except ValidationError as error:
        wrong = min(error.errors(), key=lambda each: each["type"] != _UNKNOWN_KEY)  # may be what is said to be missing
        raise WrongSetting(name, f"{path}: {_place(wrong)}") from None


def refuse_faults(name: str, found: Sequence[object], command: str) -> None:
    """Stops where the file that `name` names has its form, but can't be relied on; `command` lists what was found.

    Raises:
        WrongSetting: something was found.
    """
    if found:
        more = f", and {len(found) - 1} more" if len(found) > 1 else ""
        raise WrongSetting(name, f"{found[0]}{more} ({command} lists what is wrong)")


def _wrong_setting(wrong: ErrorDetails) -> WrongSetting:
    if not wrong["loc"]:
        return WrongSetting("", _words(wrong))
    field = str(wrong["loc"][0])
    name = field if field.isupper() else f"FAREWELL_{field.upper()}"
    if wrong["type"] == "missing":
        return WrongSetting(name, f"is not set; expected {EXPECTED.get(field, 'a value')}")
    return WrongSetting(name, f"expected {EXPECTED.get(field, _words(wrong))}")


def _place(wrong: ErrorDetails) -> str:
    """`notice 1.days: …`; of several parts the first is 1."""
    place = ".".join(str(part) if isinstance(part, str) else f"#{part + 1}" for part in wrong["loc"]).replace(".#", " ")
    return f"{place}: {_words(wrong)}"


def _words(wrong: ErrorDetails) -> str:
    if wrong["type"] in _IN_WORDS:
        return _IN_WORDS[wrong["type"]].format(*wrong["loc"])
    text = wrong["msg"].removeprefix("Value error, ").splitlines()[0]
    return text[:1].lower() + text[1:] if not text.startswith("FAREWELL") else text
