"""What has arrived in the embedded mailbox, as its reader opens it."""

import asyncio
import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

_LINK = re.compile(r"<(https?://[^>\s]+)>")
_LOOK_SECONDS = 0.05


async def letter(home: Path, case: str, kind: str, patience: float = 60.0) -> EmailMessage:
    """The first mail of this kind and case, as soon as it has come.

    Raises:
        TimeoutError: it didn't come; names the kind.
    """
    try:
        async with asyncio.timeout(patience):
            while not (found := list((home / "mail").glob(f"{case}.{kind}.1@*.eml"))):  # noqa: ASYNC110  # another process
                await asyncio.sleep(_LOOK_SECONDS)
    except TimeoutError:
        raise TimeoutError(f"no {kind} has arrived") from None
    read = email.message_from_bytes(found[0].read_bytes(), policy=email.policy.default)
    assert isinstance(read, EmailMessage)
    return read


def link_in(mail: EmailMessage, part: str) -> str:
    """The first address in it that leads to such a page of ours, `exit` say; raises LookupError."""
    text = mail.get_body(("plain",))
    links = _LINK.findall(text.get_content()) if text else []
    found = next((each for each in links if f"/{part}/" in each), None)
    if found is None:
        raise LookupError(f"{mail['Message-ID']} has no link to {part}")
    return str(found)
