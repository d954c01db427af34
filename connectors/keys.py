"""Keys in a folder, wrapped by the master key. Source: DESIGN, Security, Keys."""

import base64
import os
import re
import secrets
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from connectors.errors import Rejected, Unauthorized, Unavailable

KEY_BYTES = 32
NONCE_BYTES = 12
WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + 16
ACCOUNT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class FolderKeyStore:
    """The port `KeyStore`: one file an account, AES-256-GCM, the account id as associated data."""

    def __init__(self, folder: Path, master_key: str) -> None:
        """`master_key` is 32 bytes in base64.

        Raises:
            Unauthorized: it is of another form.
        """
        self._folder = folder
        self._wrapping = AESGCM(_decoded(master_key))

    def digest_key(self, account: str) -> bytes:
        """The HMAC key of an account's ledger digests, 32 bytes, made at the first asking; two makers agree on one.

        Raises:
            Unauthorized: the master key doesn't open it. Unavailable: the folder can't be used.
            Rejected: no account id, which could lead out of the folder.
        """
        if not ACCOUNT_ID.fullmatch(account):
            raise Rejected("key store", "an account id is letters, digits, _ and -, at most 64")
        path = self._folder / f"{account}.digest"
        try:
            if not path.exists():
                self._make(path, account)
            wrapped = path.read_bytes()
        except OSError as error:
            fix = "FAREWELL_KEYS names a folder that we may write to"
            raise Unavailable("key store", f"{self._folder}: {error.strerror}", fix) from None
        return self._opened(wrapped, account)

    def _make(self, path: Path, account: str) -> None:
        """Writes the key whole beside its place and links it there: the first link wins, no one sees half a key."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        nonce = secrets.token_bytes(NONCE_BYTES)
        wrapped = nonce + self._wrapping.encrypt(nonce, secrets.token_bytes(KEY_BYTES), account.encode())
        with NamedTemporaryFile(dir=self._folder, prefix=".making-") as making:
            making.write(wrapped)
            making.flush()
            os.fsync(making.fileno())
            try:
                os.link(making.name, path)
            except FileExistsError:
                return
        _keep(self._folder)

    def _opened(self, wrapped: bytes, account: str) -> bytes:
        if len(wrapped) != WRAPPED_BYTES:
            fix = "bring the key store back from its copy"
            raise Rejected("key store", f"the key of {account} is damaged", fix)
        try:
            return self._wrapping.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], account.encode())
        except InvalidTag:
            what = f"FAREWELL_MASTER_KEY doesn't open the key of {account}"
            raise Unauthorized("key store", what, "set the master key under which it was made") from None


def _decoded(master_key: str) -> bytes:
    try:
        key = base64.b64decode(master_key, validate=True)
    except ValueError:
        key = b""
    if len(key) != KEY_BYTES:
        raise Unauthorized("key store", "FAREWELL_MASTER_KEY isn't 32 bytes in base64", "openssl rand -base64 32")
    return key


def _keep(folder: Path) -> None:
    """A new name survives a power cut once its folder is on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
