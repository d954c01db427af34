"""An SMTP server that keeps what it receives, one file a message; beside it, one for texts to phones.

`python -m devstack.mailbox`
"""

import argparse
import asyncio
import hashlib
import json
import os
import smtplib
import sys
import uuid
from email import message_from_bytes
from email.policy import SMTP as INTERNET
from pathlib import Path
from urllib.parse import quote

from aiosmtpd.smtp import SMTP, Envelope, Session

from devstack.files import write_once
from devstack.keys import webhook_secret
from devstack.mail_answers import Answers
from devstack.ports import LOOPBACK
from devstack.returned_mail import returned
from devstack.server import Server
from devstack.texts import PATH, serve_texts

MAILS, RETURNED, TEXTS, RECEIVED = "mail", "mail-returned", "texts", "mail-received.jsonl"
LONGEST_NAME = 200


def keep(folder: Path, message: bytes) -> bool:
    """Keeps the message, byte by byte as sent, as `<its Message-ID>.eml`; whether it was new.

    A repeat of a Message-ID replaces nothing and adds nothing, as in a mail store; without one it is always new.
    """
    return write_once(folder / f"{_file_name(_id_of(message))}.eml", message)


def receptions(home: Path) -> list[tuple[str, str]]:
    """Each time that a message was taken, repeats too: its Message-ID and the SHA-256 of its bytes, in order."""
    lines = (home / RECEIVED).read_text(encoding="utf-8").splitlines() if (home / RECEIVED).exists() else []
    return [(told["message_id"], told["sha256"]) for told in map(json.loads, lines)]


def _id_of(message: bytes) -> str:
    return str(message_from_bytes(message, policy=INTERNET)["Message-ID"] or uuid.uuid4()).strip(" <>")


def _note(file: Path, message: bytes) -> None:
    """In one write, so that no line is half there whoever dies."""
    line = {"message_id": _id_of(message), "sha256": hashlib.sha256(message).hexdigest()}
    descriptor = os.open(file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "ab", buffering=0) as out:
        out.write(f"{json.dumps(line)}\n".encode())


def _file_name(message_id: str) -> str:
    name = quote(message_id, safe="@+=")
    return name if len(name) <= LONGEST_NAME else hashlib.sha256(message_id.encode()).hexdigest()


class Keeping:
    """The server's handler: a message is accepted when it is on disk."""

    def __init__(self, home: Path) -> None:
        """`home` is the stack's folder, and has those of `MAILS` and `RETURNED`."""
        self._home, self._answers = home, Answers.of(home)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """As `devstack.mail_answers` has it for this address; all others are welcome."""
        if said := self._answers.to(address):
            return said
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Answers 250 for a repeat too: its sender may not have got the first answer."""
        assert isinstance(envelope.content, bytes)
        new = await asyncio.to_thread(self._take, envelope.content, envelope)
        return "250 kept" if new else "250 kept before"

    def _take(self, message: bytes, envelope: Envelope) -> bool:
        _note(self._home / RECEIVED, message)
        for address in envelope.rcpt_tos:
            if status := self._answers.sends_back(address):
                keep(self._home / RETURNED, returned(message, str(envelope.mail_from), address, status))
                return True
        return keep(self._home / MAILS, message)


async def serve(port: int, home: Path) -> None:
    """Runs until it is killed; a message is kept whole or not at all."""
    for folder in (MAILS, RETURNED):
        (home / folder).mkdir(mode=0o700, parents=True, exist_ok=True)
    handler = Keeping(home)
    # Named, or it would look itself up in the DNS.
    server = await asyncio.get_running_loop().create_server(
        lambda: SMTP(handler, hostname="localhost", ident="Farewell", enable_SMTPUTF8=True), LOOPBACK, port
    )
    await server.serve_forever()


class Mailbox(Server):
    """The mail server of the embedded stack, and what takes texts to phones.

    Mails lie in `<home>/mail/`, readable as .eml files, texts in `<home>/texts/`.
    """

    name = "mailbox"
    address_setting = "FAREWELL_SMTP_URL"
    port_names = ("smtp", "texts")
    not_yet = (OSError, smtplib.SMTPException)

    def __init__(self, home: Path, ports: dict[str, int]) -> None:
        """`ports` by the names in `port_names`."""
        self._home, self._port, self._texts = home, ports["smtp"], ports["texts"]

    def command(self) -> list[str]:
        """The child process."""
        arguments = ["--port", str(self._port), "--texts-port", str(self._texts), "--home", str(self._home)]
        return [sys.executable, "-m", "devstack.mailbox", *arguments]

    async def probe(self) -> None:
        """It greets, and takes a sender; what takes texts listens by then."""
        await asyncio.to_thread(self._greet)

    def settings(self) -> dict[str, str]:
        """How to find it. Where the user has a provider for texts of their own, they keep it."""
        texts = {"FAREWELL_MESSAGES_WEBHOOK_URL": f"http://{LOOPBACK}:{self._texts}{PATH}"}
        ours = {name: os.environ.get(name, value) for name, value in texts.items()}
        return {self.address_setting: f"smtp://{LOOPBACK}:{self._port}", **ours}

    def _greet(self) -> None:
        with smtplib.SMTP(LOOPBACK, self._port, local_hostname="localhost", timeout=5) as smtp:
            smtp.mail("doctor@localhost")


def main() -> None:
    """The child process's entry point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--texts-port", type=int, required=True)
    parser.add_argument("--home", type=Path, required=True)
    options = parser.parse_args()
    folder = options.home / TEXTS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = webhook_secret(options.home / "keys", "messages").read_text(encoding="utf-8")
    serve_texts(options.texts_port, folder, secret)
    asyncio.run(serve(options.port, options.home))


if __name__ == "__main__":
    main()
