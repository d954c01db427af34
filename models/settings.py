"""Settings: `FAREWELL_*`, one class. Source: CONTRACTS, Exit codes, settings.

Any secret may come as a file: `FAREWELL_MASTER_KEY_FILE` instead of `FAREWELL_MASTER_KEY`.
"""

import os
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

SECRETS = (
    *("master_key", "signing_key", "link_key", "suppression_key"),
    *("database_url", "product_database_url", "smtp_url"),  # they may hold a password
)


class Settings(BaseSettings):
    """Where everything is.

    Attributes:
        home: the folder of the embedded stack.
        database_url: Farewell's own database, an SQLAlchemy URL.
        product_database_url: what is exported and erased.
        s3_endpoint_url: None means the AWS SDK's default.
        s3_export_bucket: packages.
        s3_evidence_bucket: sealed evidence; must have Object Lock.
        s3_files_bucket: the product's attachments, if it has any.
        smtp_url: `smtp://[user:password@]host:port`, `smtps://…`, or `smtp+starttls://…`.
        keys: folder of wrapped keys.
        master_key: 32 bytes, base64.
        signing_key: Ed25519 private key as a JWK.
        embedded: set by the embedded stack alone.
        acting_as: who acts, where `--as` is not given.
    """

    model_config = SettingsConfigDict(env_prefix="FAREWELL_", extra="ignore", frozen=True)

    home: Path = Path(".farewell")
    database_url: str
    product_database_url: str
    s3_endpoint_url: str | None = None
    s3_export_bucket: str
    s3_evidence_bucket: str
    s3_files_bucket: str | None = None
    smtp_url: str
    policy_file: Path = Path("policy.toml")
    inventory_file: Path = Path("inventory.toml")
    billing: Literal["builtin"] = "builtin"
    identity: Literal["builtin"] = "builtin"
    public_url: str | None = None
    keys: Path
    master_key: SecretStr
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

    @model_validator(mode="after")
    def _buckets_differ(self) -> Self:
        if self.s3_export_bucket == self.s3_evidence_bucket:
            raise ValueError("FAREWELL_S3_EVIDENCE_BUCKET must be another bucket than FAREWELL_S3_EXPORT_BUCKET")
        return self


def _read(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ValueError(f"FAREWELL_{name.upper()}_FILE can't be read: {error.strerror}: {path}") from None
