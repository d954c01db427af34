"""Signed requests to systems of others, by Standard Webhooks. Source: TRUST 18; docs/webhooks.md.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import asyncio
import base64
import json
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import httpx2
from standardwebhooks.webhooks import Webhook

from connectors.errors import Rejected, Timeout, Unauthorized, Unavailable
from connectors.webhooks import answers
from connectors.webhooks.addresses import checked

PREFIX, SHORTEST_SECRET, LONGEST_SECRET = "whsec_", 24, 64
LARGEST_BYTES = 1 << 20
SECONDS, SECONDS_TO_CONNECT = 25.0, 5.0
"""For all of a request: name, connections, answer; a step's attempt has forty. For one address."""


class Sender:
    """Asks one receiver. Retries are the caller's: every attempt is one request with the same `webhook-id`."""

    def __init__(self, url: str, secret: str, system: str, *, embedded: bool = False) -> None:
        """`secret` is `whsec_…`, or two of them with a space between while one is replaced; `system` names it in words.

        Only the embedded stack may talk to its own machine, and without TLS.

        Raises:
            Rejected: the address is of another form. Unauthorized: the secret is.
        """
        self._url, self._system, self._embedded = _address(url, system, embedded=embedded), system, embedded
        self._host = self._url.raw_host.decode()
        self._signers = signers_of(secret, system)

    def ask(self, kind: str, data: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Sends `{type, timestamp, data}` and answers the JSON object that comes back.

        The `webhook-id` comes from `kind` and `key`: the same effect is the same message, at whichever attempt.

        Raises:
            Timeout, Unavailable, RateLimited: later, perhaps. Unauthorized, NotFound, Conflict, Rejected: no.
        """
        return asyncio.run(self._answered(_message(kind, data, key)))

    async def _answered(self, message: "_Message") -> dict[str, Any]:
        try:
            async with asyncio.timeout(SECONDS), _client() as client:
                return await self._sent(client, message)
        except (TimeoutError, httpx2.TimeoutException):
            raise Timeout(self._system, f"no answer to {message.kind} within {SECONDS:g} s") from None
        except httpx2.HTTPError as error:
            what = f"it can't be reached, or broke off ({type(error).__name__})"
            raise Unavailable(self._system, what, "is the receiver running, and its certificate valid?") from None

    async def _sent(self, client: httpx2.AsyncClient, message: "_Message") -> dict[str, Any]:
        """Tries the addresses in turn, as a browser would; only a connection that never stood leads to the next."""
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        *others, last = await checked(self._system, self._host, port, embedded=self._embedded)
        for address in others:
            try:
                return await self._posted(client, address, message)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._posted(client, last, message)

    async def _posted(self, client: httpx2.AsyncClient, address: str, message: "_Message") -> dict[str, Any]:
        """To the very address that was checked; TLS and `Host` still go by the name."""
        url = self._url.copy_with(host=address)
        headers = {**self._signed(message), "host": self._url.netloc.decode()}
        name = {"sni_hostname": self._host}
        async with client.stream("POST", url, content=message.body, headers=headers, extensions=name) as response:
            body = await self._body(response)
        return answers.read(self._system, response.status_code, response.headers, body)

    def _signed(self, message: "_Message") -> dict[str, str]:
        now = datetime.now(UTC)
        signatures = (each.sign(message.id, now, message.body.decode()) for each in self._signers)
        return {
            "content-type": "application/json",
            "webhook-id": message.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }

    async def _body(self, response: httpx2.Response) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > LARGEST_BYTES:
                raise Rejected(self._system, f"its answer is larger than {LARGEST_BYTES} bytes")
        return bytes(body)


class _Message(NamedTuple):
    id: str
    kind: str
    body: bytes


def _message(kind: str, data: Mapping[str, Any], key: str) -> _Message:
    content = {"type": kind, "timestamp": datetime.now(UTC).isoformat(), "data": data}
    name = sha256(f"{kind}\n{key}".encode()).hexdigest()[:32]
    return _Message(f"msg_{name}", kind, json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


def _client() -> httpx2.AsyncClient:
    """No proxy of the environment, which would connect in our place; nothing compressed, which would grow."""
    headers = {"user-agent": "farewell", "accept": "application/json", "accept-encoding": "identity"}
    limits = httpx2.Timeout(SECONDS, connect=SECONDS_TO_CONNECT)
    return httpx2.AsyncClient(verify=_trust(), trust_env=False, follow_redirects=False, timeout=limits, headers=headers)


@cache
def _trust() -> ssl.SSLContext:
    """Made once: reading the authorities takes longer than the request."""
    return httpx2.create_ssl_context(trust_env=False)


def _address(url: str, system: str, *, embedded: bool) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        parsed = httpx2.URL("")
    schemes = {"https", "http"} if embedded else {"https"}
    if parsed.scheme not in schemes or not parsed.host or parsed.userinfo:
        raise Rejected(system, "its webhook's address isn't https://host/path", "write it without user and password")
    return parsed


def signers_of(secret: str, system: str) -> list[Webhook]:
    """By `whsec_…`, or by two of them with a space between while one is replaced; raises Unauthorized."""
    signers = [_signer(each, system) for each in secret.split()]
    if not signers:
        raise _no_secret(system)
    return signers


def _signer(secret: str, system: str) -> Webhook:
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except ValueError:
        key = b""
    if not secret.startswith(PREFIX) or not SHORTEST_SECRET <= len(key) <= LONGEST_SECRET:
        raise _no_secret(system)
    return Webhook(key)


def _no_secret(system: str) -> Unauthorized:
    what = f"its webhook's secret isn't {PREFIX} and {SHORTEST_SECRET} to {LONGEST_SECRET} bytes in base64"
    return Unauthorized(system, what, 'echo "whsec_$(openssl rand -base64 32)"')
