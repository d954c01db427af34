"""What others would do to the same rows: each answers rows a second."""

import csv
import os
import subprocess
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import boto3
import duckdb
import psycopg

from bench.usage import Source
from devstack.s3 import EXPORTS

_CSV = "FORMAT csv, HEADER"


class Anchors:
    """Every anchor over one source, in a folder of its own."""

    def __init__(self, source: Source, folder: Path, endpoint: str, rows: int) -> None:
        self._source, self._folder, self._rows = source, folder, rows
        self._s3 = boto3.Session().client("s3", endpoint_url=endpoint)

    @property
    def csv(self) -> Path:
        """What `copy` writes."""
        return self._folder / "copy.csv"

    def all(self) -> dict[str, Callable[[], float]]:
        """By name; the one that matters most is last, so that ours is measured next to it."""
        fast = partial(self.pg_dump, "-Z1")
        return {
            "cursor": self.cursor,
            "duckdb": self.duckdb,
            "pg_dump": self.pg_dump,
            "pg_dump_z1": fast,
            "copy": self.copy,
        }

    def copy(self) -> float:
        """`psql`'s `\\copy` to a file: no hash, no compression, no upload."""
        return self._timed(lambda: self._psql(self.csv))

    def cursor(self) -> float:
        """A server cursor and `csv.writer` to a file, the loop that one writes first."""
        return self._timed(self._cursor)

    def duckdb(self) -> float:
        """DuckDB to Parquet with zstd, uploaded.

        Its extension for PostgreSQL comes from the network alone, so `\\copy` feeds it through a pipe while it writes.
        """
        return self._timed(self._duckdb)

    def pg_dump(self, *options: str) -> float:
        """`pg_dump -Fc` of the table, which compresses, uploaded; it can't leave the other accounts out."""
        with psycopg.connect(self._source.postgres.url) as connection:
            ((total,),) = connection.execute(f"SELECT count(*) FROM {self._source.data_set.table}")  # noqa: S608
        return self._timed(lambda: self._pg_dump(options)) * float(total) / self._rows

    def _timed(self, work: Callable[[], object]) -> float:
        began = time.perf_counter()
        work()
        return self._rows / (time.perf_counter() - began)

    def _psql(self, to: Path) -> None:
        statement = rf"\copy ({self._source.query}) TO '{to}' WITH ({_CSV})"
        subprocess.run([self._program("psql"), self._source.postgres.url, "-qc", statement], check=True)

    def _cursor(self) -> None:
        with (
            psycopg.connect(self._source.postgres.url) as connection,
            connection.cursor("rows") as cursor,
            (self._folder / "cursor.csv").open("w", newline="") as file,
        ):
            writer = csv.writer(file)
            for row in cursor.execute(self._source.query):
                writer.writerow(row)

    def _duckdb(self) -> None:
        pipe, parquet = self._folder / "pipe", self._folder / "rows.parquet"
        if not pipe.exists():
            os.mkfifo(pipe)
        feeding = threading.Thread(target=self._psql, args=[pipe])
        feeding.start()
        read = f"read_csv('{pipe}', header=true, auto_detect=false, columns={self._types()})"
        with duckdb.connect() as connection:
            connection.execute(f"COPY (FROM {read}) TO '{parquet}' (FORMAT parquet, COMPRESSION zstd)")
        feeding.join()
        self._upload(parquet)

    def _types(self) -> dict[str, str]:
        """As PostgreSQL has them, by column."""
        with psycopg.connect(self._source.postgres.url) as connection:
            about = connection.execute(f"{self._source.query} LIMIT 0").description or ()
        return {column.name: column.type_display.upper() for column in about}

    def _pg_dump(self, options: tuple[str, ...]) -> None:
        dump = self._folder / "rows.dump"
        what = ["-Fc", *options, "-t", self._source.data_set.table, "-f", str(dump)]
        subprocess.run([self._program("pg_dump"), self._source.postgres.url, *what], check=True)
        self._upload(dump)

    def _upload(self, file: Path) -> None:
        self._s3.upload_file(str(file), EXPORTS, f"bench-anchors/{file.name}")

    def _program(self, name: str) -> str:
        return str(self._source.postgres.programs / name)
