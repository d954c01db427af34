"""Settings: `FAREWELL_*`, one class. Source: CONTRACTS, Exit codes, settings.

Any secret may come as a file: `FAREWELL_MASTER_KEY_FILE` instead of `FAREWELL_MASTER_KEY`.
"""

import base64
import os
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

LINK_KEY_BYTES = 32  # Source: RFC 7518, 3.2
SECRETS = (
    *("master_key", "signing_key", "link_key", "suppression_key"),
    *("database_url", "product_database_url", "smtp_url"),  # they may hold a password
    *("stripe_key", "stripe_webhook_secret"),
    *("scim_token", "access_webhook_secret", "contracts_webhook_secret", "processor_secrets", "master_key_old"),
    *("messages_webhook_secret", "mail_webhook_secret"),
)
NEEDED = {
    ("billing", "stripe"): ("stripe_key",),
    ("identity", "scim"): ("scim_url", "scim_token"),
    ("access", "webhook"): ("access_webhook_url", "access_webhook_secret"),
    ("contracts", "webhook"): ("contracts_webhook_url", "contracts_webhook_secret"),
}
"""Which settings another one asks for."""


class Settings(BaseSettings):
    """Where everything is.

    Attributes:
        home: the folder of the embedded stack.
        database_url: Farewell's own database, an SQLAlchemy URL.
        product_database_url: what is exported and erased.
        s3_endpoint_url: None means the AWS SDK's default.
        s3_public_url: where customers reach the same S3, if elsewhere: presigned links lead there.
        s3_encryption: at rest, of all that is written: `AES256`, `aws:kms`, `aws:kms:<key id>` or `none`.
        s3_export_bucket: packages.
        s3_evidence_bucket: sealed evidence; must have Object Lock.
        s3_files_bucket: the product's attachments, if it has any.
        smtp_url: `smtp://[user:password@]host:port`, `smtps://…`, or `smtp+starttls://…`.
        billing: `builtin` (tables in Farewell's own database) or `stripe`.
        stripe_key: the secret or restricted key of the Stripe account.
        stripe_webhook_secret: what Stripe signs its webhooks with, `whsec_…`.
        stripe_url: None means Stripe's own.
        identity: `builtin` (tables in Farewell's own database) or `scim`.
        scim_url: the SCIM 2.0 service; `{account}` in it stands for the account's id, where each has one of its own.
        scim_token: its bearer token.
        scim_filter: which users and groups are the account's, where all share one service: a SCIM filter in which
            `{account}` stands for the account's id.
        scim_group_filter: which groups, where `scim_filter` can't tell.
        scim_calls_a_minute: the provider's limit, divided by the workers.
        scim_bulk: False where the provider counts each operation of a bulk as a call.
        access: `builtin`, or `webhook`: signed requests (Standard Webhooks) to `access_webhook_url`.
        access_webhook_secret: what they're signed with, `whsec_…`.
        contracts: as `access`, for the contract system.
        processor_secrets: a JSON object, sub-processor's name → `whsec_…`.
        messages_webhook_url: where SMS, WhatsApp and whatever else isn't mail is handed over, by signed requests
            (Standard Webhooks); `messages_webhook_secret` signs them. Without it those channels fall back to mail.
        mail_webhook_secret: what bounces, complaints and replies are signed with on their way in, `whsec_…`.
        messages_folder: copies of the shipped messages that the operator has edited; they come first.
        public_url: where customers reach `farewell-web`; mails carry links to it.
        keys: folder of wrapped keys.
        master_key: 32 bytes, base64; wraps the keys of the key store.
        master_key_old: master keys that were in use before, separated by commas; they only open.
        temporal_ui_url: the address of Temporal's own page, which may ask the codec endpoint of `farewell-web`.
        signing_key: Ed25519 private key as a JWK.
        link_key: at least 32 bytes, base64; signs the links that customers get.
        suppression_key: at least 32 bytes, base64; under it the addresses that aren't written to are hashed. It is
            never replaced. Without it nothing goes that isn't required.
        embedded: set by the embedded stack alone.
        acting_as: who acts, where `--as` is not given.
    """

    model_config = SettingsConfigDict(env_prefix="FAREWELL_", extra="ignore", frozen=True)

    home: Path = Path(".farewell")
    database_url: str
    product_database_url: str
    s3_endpoint_url: str | None = None
    s3_public_url: str | None = None
    s3_encryption: str = Field(default="AES256", pattern=r"^(none|AES256|aws:kms(:\S+)?)$")
    s3_export_bucket: str
    s3_evidence_bucket: str
    s3_files_bucket: str | None = None
    smtp_url: str
    policy_file: Path = Path("policy.toml")
    inventory_file: Path = Path("inventory.toml")
    billing: Literal["builtin", "stripe"] = "builtin"
    stripe_key: SecretStr | None = None
    stripe_webhook_secret: SecretStr | None = None
    stripe_url: str | None = None
    identity: Literal["builtin", "scim"] = "builtin"
    scim_url: str | None = None
    scim_token: SecretStr | None = None
    scim_filter: str | None = None
    scim_group_filter: str | None = None
    scim_calls_a_minute: int = Field(default=180, gt=0)
    scim_bulk: bool = True
    access: Literal["builtin", "webhook"] = "builtin"
    access_webhook_url: str | None = None
    access_webhook_secret: SecretStr | None = None
    contracts: Literal["builtin", "webhook"] = "builtin"
    contracts_webhook_url: str | None = None
    contracts_webhook_secret: SecretStr | None = None
    processor_secrets: SecretStr | None = None
    messages_webhook_url: str | None = None
    messages_webhook_secret: SecretStr | None = None
    mail_webhook_secret: SecretStr | None = None
    messages_folder: Path | None = None
    public_url: str | None = None
    keys: Path
    master_key: SecretStr
    master_key_old: SecretStr | None = None
    temporal_ui_url: str | None = None
    signing_key: SecretStr
    link_key: SecretStr | None = None
    suppression_key: SecretStr | None = None
    embedded: bool = False
    acting_as: str | None = Field(default=None, alias="FAREWELL_AS")

    @model_validator(mode="before")
    @classmethod
    def _secrets_from_files(cls, values: dict[str, Any]) -> dict[str, Any]:
        for name in SECRETS:
            path = os.environ.get(f"FAREWELL_{name.upper()}_FILE")
            if path and not values.get(name):
                values = {**values, name: _read(name, Path(path))}
        return values

    @field_validator("link_key", "suppression_key")
    @classmethod
    def _long_enough(cls, key: SecretStr | None) -> SecretStr | None:
        if key and len(base64.b64decode(key.get_secret_value(), validate=True)) < LINK_KEY_BYTES:
            raise ValueError("too short")
        return key

    @field_validator("scim_token")
    @classmethod
    def _a_header_holds_it(cls, token: SecretStr | None) -> SecretStr | None:
        said = token.get_secret_value() if token else ""
        if not said.isascii() or not said.isprintable() or " " in said:
            raise ValueError("no bearer token")
        return token if said else None

    @field_validator(
        *("public_url", "s3_public_url", "stripe_url", "scim_url", "temporal_ui_url"),
        *("access_webhook_url", "contracts_webhook_url", "messages_webhook_url"),
    )
    @classmethod
    def _an_address(cls, url: str | None) -> str | None:
        if url and (urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname):
            raise ValueError("no address")
        return url or None

    @model_validator(mode="after")
    def _buckets_differ(self) -> Self:
        if self.s3_export_bucket == self.s3_evidence_bucket:
            raise ValueError("FAREWELL_S3_EVIDENCE_BUCKET must be another bucket than FAREWELL_S3_EXPORT_BUCKET")
        return self

    @model_validator(mode="after")
    def _whole(self) -> Self:
        for name, needed in NEEDED.items():
            system, chosen = name
            for setting in needed:
                if getattr(self, system) == chosen and getattr(self, setting) is None:
                    said = f"FAREWELL_{setting.upper()} must be set where FAREWELL_{system.upper()} is {chosen}"
                    raise ValueError(said)
        return self


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"FAREWELL_{name.upper()}_FILE can't be read: {error.strerror}: {path}") from None
