"""Signatures: JWS compact, Ed25519. The same bytes give the same signature on any machine.

Source: DOMAIN erasure.5, audit.2; RFC 7515, RFC 8037.
"""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet, OKPKey

from models.ledger import canonical

ALGORITHM = "EdDSA"  # the name that every library knows; RFC 9864's newer one isn't read everywhere yet


class SignatureRefused(Exception):
    """The token isn't signed by any of these keys, or is no token, or the keys are no keys."""


def sign(claims: dict[str, Any], signer: str) -> str:
    """The claims, in canonical form, signed with a private JWK (as JSON text)."""
    key = OKPKey.import_key(json.loads(signer))
    with _no_warning_of_the_name():
        header = {"alg": ALGORITHM, "kid": key.thumbprint()}
        return jws.serialize_compact(header, canonical(claims), key, algorithms=[ALGORITHM])


def verify(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """The claims of a token that one of the JWKS' keys signed.

    Raises:
        SignatureRefused: it's not so.
    """
    try:
        ours = KeySet([OKPKey.import_key(key) for key in keys["keys"] if key["kty"] == OKPKey.key_type])
        with _no_warning_of_the_name():
            signed = jws.deserialize_compact(token, ours, algorithms=[ALGORITHM])
        claims: dict[str, Any] = json.loads(signed.payload)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise SignatureRefused(f"{type(error).__name__}: {error}") from None
    return claims


def public_keys(signer: str) -> dict[str, Any]:
    """The JWKS with the public half of a private JWK, named by its thumbprint (RFC 7638)."""
    key = OKPKey.import_key(json.loads(signer))
    public = key.as_dict(private=False)
    return {"keys": [{**public, "kid": key.thumbprint(), "alg": ALGORITHM, "use": "sig"}]}


@contextmanager
def _no_warning_of_the_name() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="EdDSA is deprecated via RFC 9864", category=SecurityWarning)
        yield
