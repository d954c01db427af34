"""Reads a data set by PostgreSQL's COPY: the server writes the text, and it goes through as it comes."""

import select
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, cast

import psycopg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from sqlalchemy import Connection

from connectors.product_copy_query import CopyQuery
from connectors.product_fit import packaged, spelt_null
from models.package import PackagedColumn

_BLOCK_BYTES = 1 << 20
_LONG_BYTES = 8 << 20
_MOMENT_MS = 10
_NO_ERROR = (ExecStatus.COPY_OUT, ExecStatus.COMMAND_OK)


class CopyRead:
    """The rows of a data set as COPY writes them; a block ends where a row does, or within a long one."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        query: CopyQuery,
        loose: Callable[[], frozenset[str]],
    ) -> None:
        """`reading` gives a connection in the snapshot; `loose`: in which columns a value doesn't fit."""
        self._reading, self._query, self._look = reading, query, loose
        self._loose: frozenset[str] = frozenset()
        self._says_null: frozenset[str] = frozenset()
        self._seen_null = self._met_long_row = False
        self.rows = 0

    @property
    def columns(self) -> tuple[PackagedColumn, ...]:
        """The columns, with what was seen of their values."""
        return tuple(packaged(column, self._loose, self._says_null) for column in self._query.facts.columns)

    def __iter__(self) -> Iterator[bytes]:
        """Blocks of text; what else is asked of the rows is asked beside it, in a tenth of the time."""
        with ThreadPoolExecutor(1, thread_name_prefix="look") as beside, self._reading() as connection:
            looking = beside.submit(self._look)
            raw: psycopg.Connection[Any] = cast("Any", connection.connection.driver_connection)
            try:
                yield from self._blocks(raw.pgconn, self._query.written(raw, connection.dialect))
            except BaseException:
                connection.invalidate()  # a COPY that isn't read to its end leaves nothing to go on with
                raise
            if self._seen_null:
                self._says_null = spelt_null(connection, self._query.way, self._query.facts.columns)
            if self._met_long_row:
                connection.invalidate()  # the driver would keep room for such a row as long as the connection
        self._loose = looking.result()

    def _blocks(self, server: PGconn, statement: bytes) -> Iterator[bytes]:
        """The rows as they come, one a message, gathered."""
        answers = select.poll()
        answers.register(server.socket, select.POLLIN)
        server.send_query(statement)
        while server.flush():
            answers.poll(_MOMENT_MS)
        _result(server, answers)
        block, row = bytearray(), server.get_copy_data
        while True:
            size, data = row(1)
            if 0 < size < _LONG_BYTES:
                block += data
                if len(block) >= _BLOCK_BYTES:
                    yield self._seen(bytes(block))
                    block = bytearray()
            elif size > 0:
                yield from self._long(block, data)
                block = bytearray()
            elif size == 0:
                answers.poll()  # other threads go on meanwhile
                server.consume_input()
            else:
                break
        self.rows = _result(server, answers).command_tuples or 0
        while server.get_result():
            pass
        if block:
            yield self._seen(bytes(block))

    def _long(self, before: bytearray, row: memoryview) -> Iterator[bytes]:
        r"""A long row in pieces, so that it's never copied whole; one may end within what looks like a text `\N`."""
        self._met_long_row = self._seen_null = True
        if before:
            yield bytes(before)
        for begin in range(0, len(row), _BLOCK_BYTES):
            yield bytes(row[begin : begin + _BLOCK_BYTES])

    def _seen(self, block: bytes) -> bytes:
        r"""NULL is `\N` without quotes; in quotes it's a text, or part of one. A single sign is found much faster."""
        if not self._seen_null and b"\\" in block:
            self._seen_null = self._query.spelt_null in block
        return block


def _result(server: PGconn, answers: select.poll) -> PGresult:
    """The next result, raised if it's an error."""
    while server.is_busy():
        answers.poll()
        server.consume_input()
    result = server.get_result()
    if result is None:
        raise psycopg.OperationalError("the server ended the copy without a word")
    if result.status not in _NO_ERROR:
        raise psycopg.errors.error_from_result(result)
    return result
