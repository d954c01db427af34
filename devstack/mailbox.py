"""An SMTP server that keeps what it receives, one file a message: `python -m devstack.mailbox`."""

import argparse
import asyncio
import hashlib
import smtplib
import sys
import uuid
from email import message_from_bytes
from email.policy import SMTP as INTERNET
from pathlib import Path
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.files import write_once
from devstack.ports import LOOPBACK
from devstack.server import Server

LONGEST_NAME = 200


def keep(folder: Path, message: bytes) -> bool:
    """Keeps the message, byte by byte as sent, as `<its Message-ID>.eml`; whether it was new.

    A repeat of a Message-ID replaces nothing and adds nothing, as in a mail store; without one it is always new.
    """
    message_id = str(message_from_bytes(message, policy=INTERNET)["Message-ID"] or uuid.uuid4()).strip(" <>")
    return write_once(folder / f"{_file_name(message_id)}.eml", message)


def _file_name(message_id: str) -> str:
    name = quote(message_id, safe="@+=")
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(message_id.encode()).hexdigest()


class Keeping:
    """The server's handler: a message is accepted when it is on disk."""

    def __init__(self, folder: Path) -> None:
        """`folder` exists."""
        self._folder = folder

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Answers 250 for a repeat too: its sender may not have got the first answer."""
        assert isinstance(envelope.content, bytes)
        new = await asyncio.to_thread(keep, self._folder, envelope.content)
        return "250 kept" if new else "250 kept before"


async def serve(port: int, folder: Path) -> None:
    """Runs until it is killed; a message is kept whole or not at all. `folder` exists."""
    handler = Keeping(folder)
    # Named, or it would look itself up in the DNS.
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="localhost", ident="Farewell", enable_SMTPUTF8=True), LOOPBACK, port
    )
    await server.serve_forever()


class Mailbox(Server):
    """The mail server of the embedded stack. Mails lie in `<home>/mail/`, readable as .eml files."""

    name = "mailbox"
    address_setting = "FAREWELL_SMTP_URL"
    port_names = ("smtp",)
    not_yet = (OSError, smtplib.SMTPException)

    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        """`ports` by the names in `port_names`."""
        self._folder, self._port = home / "mail", ports["smtp"]

    def command(self) -> list[str]:
        """The child process."""
        arguments = ["--port", str(self._port), "--folder", str(self._folder)]
        return [sys.executable, "-m", "devstack.mailbox", *arguments]

    async def probe(self) -> None:
        """It greets, and takes a sender."""
        await asyncio.to_thread(self._greet)

    def settings(self) -> dict[str, str]:
        """How to find it."""
        return {self.address_setting: f"smtp://{LOOPBACK}:{self._port}"}

    def _greet(self) -> None:
        with smtplib.SMTP(LOOPBACK, self._port, local_hostname="localhost", timeout=5) as smtp:
            smtp.mail("doctor@localhost")


def main() -> None:
    """The child process's entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args()
    options.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    asyncio.run(serve(options.port, options.folder))


if __name__ == "__main__":
    main()
