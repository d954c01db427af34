"""Bodies of requests, up to a size."""

from starlette.requests import Request


async def whole_body(request: Request, largest_bytes: int) -> bytes | None:
    """All of it; None for one that is larger."""
    found = bytearray()
    async for chunk in request.stream():
        found += chunk
        if len(found) > largest_bytes:
            return None
    return bytes(found)
