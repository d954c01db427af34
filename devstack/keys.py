"""The keys that the embedded stack makes for itself, once. Source: DESIGN, Security, Keys."""

import base64
import json
import secrets
from pathlib import Path

from joserfc.jwk import OKPKey

from devstack.files import write_once

KEY_BYTES = 32


def make_keys(folder: Path) -> dict[str, str]:
    """Makes the keys that aren't there yet, mode 0600; the settings that name them.

    `master.key`, `link.key` and `suppression.key` are 32 random bytes as base64; `signing.jwk` is an Ed25519
    private JWK whose `kid` is its RFC 7638 thumbprint; `messages.secret` and `mail.secret` are those of the webhooks
    for texts and for what comes back of mails; `store/` is for wrapped keys.
    """
    store = folder / "store"
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = {"FAREWELL_KEYS": str(store)}
    for name in ("master", "link", "suppression"):
        write_once(folder / f"{name}.key", base64.b64encode(secrets.token_bytes(KEY_BYTES)))
        settings[f"FAREWELL_{name.upper()}_KEY_FILE"] = str(folder / f"{name}.key")
    for name in ("messages", "mail"):
        settings[f"FAREWELL_{name.upper()}_WEBHOOK_SECRET_FILE"] = str(webhook_secret(folder, name))
    write_once(folder / "signing.jwk", _signing_key())
    return settings | {"FAREWELL_SIGNING_KEY_FILE": str(folder / "signing.jwk")}


def webhook_secret(folder: Path, name: str) -> Path:
    """The file of what webhooks of this name are signed with; made by whoever comes first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    write_once(folder / f"{name}.secret", f"whsec_{secret}".encode())
    return folder / f"{name}.secret"


def _signing_key() -> bytes:
    key = OKPKey.generate_key("Ed25519", private=True, auto_kid=True)
    return json.dumps(key.as_dict(private=True)).encode()
