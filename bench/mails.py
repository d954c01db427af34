"""What a mail costs over the kept connection, beside one a connection: `python -m bench.mails [--json]`."""

import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import Process

import aiosmtplib
from aiosmtpd.controller import Controller

from bench.abba import Compared, compared
from connectors.errors import ConnectorError
from connectors.smtp import SmtpMessenger, composed
from devstack.ports import LOOPBACK, free_ports
from models.messages import Outgoing

MAILS, THREADS, LONGEST_SECONDS = 100, (1, 8), 600
WORDS = "Gracias por estos años. Aquí tiene lo que pasa y cuándo.\n" * 40


def main() -> None:
    """Prints a line a figure, or one object."""
    with mail_server() as port:
        figures = [_compared(port, threads) for threads in THREADS]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    if "--json" in sys.argv[1:]:
        print(json.dumps({"machine": machine, "compared": [figure.as_dict() for figure in figures]}))
    else:
        print(machine, *figures, sep="\n")


def _compared(port: int, threads: int) -> Compared:
    kept = SmtpMessenger(f"smtp://{LOOPBACK}:{port}")
    told = f"mails of {threads} at once over one kept connection, against a connection each"
    figure = compared(told, "mails/s", _rate(kept.deliver, threads), _rate(lambda mail: _alone(mail, port), threads))
    kept.close()
    return figure


def _alone(mail: Outgoing, port: int) -> None:
    """As one writes it first."""

    async def sent() -> None:
        async with aiosmtplib.SMTP(hostname=LOOPBACK, port=port) as client:
            await client.send_message(composed(mail))

    asyncio.run(sent())


def _rate(deliver: Callable[[Outgoing], None], threads: int) -> Callable[[], float]:
    def measured() -> float:
        run = time.perf_counter_ns()
        mails = [_mail(f"{run}-{number}") for number in range(MAILS)]
        began = time.perf_counter()
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(deliver, mails))
        return MAILS / (time.perf_counter() - began)

    return measured


def _mail(number: str) -> Outgoing:
    return Outgoing(
        message_id=f"{number}.goodbye.1@bancada.example",
        case="acme-1",
        language="es",
        sent_at=datetime.now(UTC),
        recipient="lucia@moncayo.example",
        sender="Bancada <bajas@bancada.example>",
        subject="Gracias, y hasta cuando usted quiera",
        text=WORDS,
        html=f"<p>{WORDS}</p>",
    )


class _Taking:
    """Takes a mail and keeps nothing: what is measured is the way there."""

    async def handle_DATA(self, _server: object, _session: object, _envelope: object) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 OK"


def _serve(port: int) -> None:
    Controller(_Taking(), hostname=LOOPBACK, port=port).start()
    time.sleep(LONGEST_SECONDS)


@contextmanager
def mail_server() -> Iterator[int]:
    """The port of a server in a process of its own, until the block ends."""
    (port,) = free_ports(1)
    server = Process(target=_serve, args=(port,), daemon=True)
    server.start()
    try:
        _await(port)
        yield port
    finally:
        server.terminate()
        server.join()


def _await(port: int) -> None:
    for _ in range(100):
        try:
            SmtpMessenger(f"smtp://{LOOPBACK}:{port}").check()
        except ConnectorError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the mail server didn't come up")


if __name__ == "__main__":
    main()
