"""What every answer carries, and which forms are ours. Source: TRUST 14, 16; OWASP ASVS 3."""

import base64
import hashlib
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SAME = frozenset({"same-origin", "none"})  # `none`: the person typed the address


def headers_with(style: str) -> dict[str, str]:
    """The headers of every answer; `style` is the one style sheet that a page may hold."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",  # the address holds the token
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex, nofollow",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
    }


class Hardened:
    """Puts the headers on every answer of the application, those of its failures too."""

    def __init__(self, application: ASGIApp, headers: dict[str, str]) -> None:
        """What `headers` names wins over what a page says."""
        self._application, self._headers = application, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        await self._application(scope, receive, hardened)


def is_ours(request: Request) -> bool:
    """Whether a form was sent from a page of ours, by what the browser says and no page can forge.

    A browser too old for `Sec-Fetch-Site` names the page's origin; a program names neither, and holds no cookie that
    somebody could ride on: whoever knows the address may use it.
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None:
        return site in _SAME
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
