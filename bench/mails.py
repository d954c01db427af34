"""What a mail costs over the kept connection, beside one a connection: `python -m bench.mails [--json]`."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime

from bench.abba import Compared, compared
from connectors.errors import ConnectorError
from connectors.smtp import SmtpMessenger
from devstack.ports import free_ports
from models.messages import Outgoing

MAILS, THREADS = 100, (1, 8)
WORDS = "Gracias por estos años. Aquí tiene lo que pasa y cuándo.\n" * 40


def main() -> None:
    """Prints a line a figure, or one object."""
    with mail_server() as url:
        figures = [_compared(url, threads) for threads in THREADS]
    machine = f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"
    if "--json" in sys.argv[1:]:
        print(json.dumps({"machine": machine, "compared": [figure.as_dict() for figure in figures]}))
    else:
        print(machine, *figures, sep="\n")


def _compared(url: str, threads: int) -> Compared:
    kept = SmtpMessenger(url)

    def anew(mail: Outgoing) -> None:
        messenger = SmtpMessenger(url)
        messenger.deliver(mail)
        messenger.close()

    told = f"mails of {threads} threads at once over one kept connection, against a connection each"
    figure = compared(told, "mails/s", _rate(kept.deliver, threads), _rate(anew, threads))
    kept.close()
    return figure


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


@contextmanager
def mail_server() -> Iterator[str]:
    """The embedded stack's, in a process of its own, until the block ends."""
    port, texts = free_ports(2)
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "devstack.mailbox",
            "--port",
            str(port),
            "--texts-port",
            str(texts),
            "--home",
            folder,
        ]
        with subprocess.Popen(command) as server:
            try:
                _await(f"smtp://127.0.0.1:{port}")
                yield f"smtp://127.0.0.1:{port}"
            finally:
                server.terminate()


def _await(url: str) -> None:
    for _ in range(100):
        try:
            SmtpMessenger(url).check()
        except ConnectorError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the mail server didn't come up")


if __name__ == "__main__":
    main()
