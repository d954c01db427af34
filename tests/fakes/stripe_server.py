"""localstripe as a child process on a port of its own: `python -m tests.fakes.stripe_server`.

It prints its port. With `--as-it-is` it's localstripe alone; with `--idempotent` it honours Idempotency-Key as Stripe
does, which localstripe doesn't.
"""

import asyncio
import json
import sys

from aiohttp import web
from localstripe.resources import Store

Store.dump_to_disk = lambda self: None  # it would keep a file for all users of this machine
if "--as-it-is" not in sys.argv:
    import tests.fakes.stripe_today_routes  # noqa: F401  # before localstripe's routes are made

from localstripe.server import app  # noqa: E402  # isort: skip

_answers: dict[str, tuple[str, web.Response | None]] = {}


@web.middleware
async def idempotent(request: web.Request, handler: web.RequestHandler) -> web.StreamResponse:
    """The first answer again for the same key and words; 409 while the first is under way, 400 for other words.

    Source: https://docs.stripe.com/api/idempotent_requests.
    """
    key, words = request.headers.get("Idempotency-Key"), request.path + (await request.text())
    if key is None or request.method != "POST":
        return await handler(request)
    if key in _answers:
        before, answer = _answers[key]
        if before != words:
            return _refused(400, "idempotency_error")
        if answer is None:
            return _refused(409, "invalid_request_error")
        return web.Response(body=answer.body, status=answer.status, content_type="application/json")
    _answers[key] = words, None
    answer = await handler(request)
    _answers[key] = words, answer
    return answer


def _refused(status: int, kind: str) -> web.Response:
    return web.Response(text=json.dumps({"error": {"type": kind}}), status=status, content_type="application/json")


async def serve() -> None:
    """Until it's killed."""
    if "--idempotent" in sys.argv:
        app.middlewares.insert(0, idempotent)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(site._server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve())
