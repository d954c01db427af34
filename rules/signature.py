"""Signatures: JWS compact, Ed25519. The same bytes give the same signature on any machine.

Source: DOMAIN erasure.5, audit.2; RFC 7515, RFC 8037.
"""

import base64
import json
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OKPKey

from models.ledger import canonical

ALGORITHM = "EdDSA"  # the name that every library knows; RFC 9864's newer one isn't read everywhere yet


class SignatureRefused(Exception):
    """The token isn't signed by any of these keys, or is no token, or the keys are no keys."""


class UnknownSigner(SignatureRefused):
    """It names a key that isn't among these."""


def sign(claims: dict[str, Any], signer: str) -> str:
    """The claims, in canonical form, signed with a private JWK (as JSON text)."""
    key = OKPKey.import_key(json.loads(signer))
    with _no_warning_of_the_name():
        header = {"alg": ALGORITHM, "kid": key.thumbprint()}
        return jws.serialize_compact(header, canonical(claims), key, algorithms=[ALGORITHM])


def verify(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token that one of the JWKS' keys signed: the one whose thumbprint (RFC 7638) its header names.

    Raises:
        SignatureRefused: it's not so.
    """
    try:
        _refuse_other_bytes(token)
        kid = json.loads(_decoded(token.partition(".")[0]))["kid"]
        known = {key.thumbprint(): key for key in _usable(keys["keys"])}
        if kid not in known:
            raise UnknownSigner(f"it was signed by the key {kid}, which isn't among the keys")
        with _no_warning_of_the_name():
            signed = jws.deserialize_compact(token, known[kid], algorithms=[ALGORITHM])
        claims = json.loads(signed.payload)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise SignatureRefused(f"{type(error).__name__}: {error}") from None
    if not isinstance(claims, dict):
        raise SignatureRefused("it signs no claims")
    return claims


def claims_of(token: str) -> dict[str, Any]:
    """What a token of our own says, unverified."""
    claims: dict[str, Any] = json.loads(_decoded(token.split(".")[1]))
    return claims


def public_key(signer: str) -> dict[str, Any]:
    """The public half of a private JWK, named by its thumbprint (RFC 7638)."""
    key = OKPKey.import_key(json.loads(signer))
    return {**key.as_dict(private=False), "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}


def public_keys(signer: str) -> dict[str, Any]:
    """The JWKS with that key alone."""
    return {"keys": [public_key(signer)]}


def _usable(keys: Iterable[Any]) -> Iterator[OKPKey]:
    """Those that are Ed25519 keys; what is damaged or of another kind signs nothing."""
    for key in keys:
        try:
            yield OKPKey.import_key({"kty": key["kty"], "crv": key["crv"], "x": key["x"]})
        except (JoseError, ValueError, KeyError, TypeError):
            continue


def _refuse_other_bytes(token: str) -> None:
    """A lenient reader of base64 takes some bytes for others."""
    parts = token.split(".")
    if [_encoded(_decoded(part)) for part in parts] != parts:
        raise SignatureRefused("it isn't written as it was signed")


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


@contextmanager
def _no_warning_of_the_name() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="EdDSA is deprecated via RFC 9864", category=SecurityWarning)
        yield
