"""Customers who leave and answer the survey, and somebody who has the whole database and wants to know who said what.

Each customer says something that nobody else says, so that the test knows whose an answer is. The one who looks knows
the order in which they came to their pages, to the second: the ledger tells it.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx
from sqlalchemy import Engine, inspect, text

from activities.ledger import record_act
from connectors.opening import Connections
from connectors.store.sessions import writing
from models.case import Decision
from models.payload import CUSTOMER
from models.tables.messages import MessageRow
from models.vocabulary import Stage
from rules.links import Links
from rules.survey import survey_link
from tests.contract.sample_account import add_account, request_for

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
_WORD = re.compile(r'name="word" value="([^"]+)"')


class Leaving(NamedTuple):
    """One who leaves: whose case it is, and what only they say."""

    account: str
    case: str
    mark: str


def links_of(at: Connections) -> Links:
    key = at.settings.link_key
    assert key
    return Links("http://there", key.get_secret_value())


def goodbye(at: Connections, number: int, when: datetime = AT) -> Leaving:
    """A customer whose goodbye has left, with the survey's link in it."""
    account = add_account(at.engine)
    case = at.cases.open_case(request_for(account), when).case
    sent: dict[str, Any] = {"kind": "goodbye", "channel": "email", "language": "es", "state": "sent", "sent_at": when}
    link = survey_link(links_of(at), when.date())
    with writing(at.engine) as session:
        sent |= {"case": case, "account": account, "message_id": f"{case}.goodbye.1@x"}
        session.add(MessageRow(**sent, recipient=f"{account}@faro.example", text=f"Gracias. {link}"))
    return Leaving(account, case, f"Opinion {number:04} of nobody in particular")


async def answer(at: Connections, web: httpx.AsyncClient, who: Leaving, when: datetime = AT) -> httpx.Response:
    """They come to their own page, which the ledger knows; then they answer what they are asked."""
    about: Mapping[str, Any] = {"case": who.case, "account": who.account, "stage": Stage.RETRIEVAL}
    act = Decision(**about, step="download_package", action="download_package", subject="all.zip", actor=CUSTOMER)
    record_act(at.ledger, at.keys, act, datetime.now(UTC))
    return await send(web, links_of(at), when, comment=who.mark)


async def send(web: httpx.AsyncClient, links: Links, when: datetime = AT, **other: str) -> httpx.Response:
    """Opens the survey of that day, fills it in and sends it."""
    page = survey_link(links, when.date()).removeprefix("http://there")
    form = _WORD.search((await web.get(page)).text)
    assert form
    said = {"word": form[1], "reason": "price", "change": "lower_price", "leaving": "5", "back": "perhaps"}
    return await web.post(page, data={**said, **other})


def rows(engine: Engine) -> dict[str, list[str]]:
    """All that the tables hold, by table."""
    with engine.connect() as connection:
        names = inspect(connection).get_table_names()
        return {
            name: sorted(str(tuple(row)) for row in connection.execute(text(f'SELECT * FROM "{name}"')))
            for name in names
        }


def files(engine: Engine) -> list[Path]:
    """The files of the database, as they lie on the disk; PostgreSQL's log of changes isn't among them."""
    if engine.dialect.name == "sqlite":
        return list(Path(str(engine.url.database)).parent.glob("farewell.db*"))
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.execute(text("CHECKPOINT"))
        where = text("SELECT current_setting('data_directory') || '/' || pg_relation_filepath('survey_answer')")
        return [file for file in Path(str(connection.scalar(where))).parent.iterdir() if file.is_file()]


def orders(engine: Engine, table: str = "survey_answer") -> dict[str, list[str]]:
    """What was said, in every order that the database knows: of keys, of places, of transactions, on the disk."""
    by = ["id"] if engine.dialect.name == "sqlite" else ["id", "ctid", "cmin::text::bigint", "xmin::text::bigint, ctid"]
    with engine.connect() as connection:
        found = {key: _said(connection.execute(text(f"SELECT comment FROM {table} ORDER BY {key}"))) for key in by}
        found["as it comes"] = _said(connection.execute(text(f"SELECT comment FROM {table}")))
    content = b"".join(file.read_bytes() for file in sorted(files(engine)))
    found["on the disk"] = sorted(found["id"], key=lambda mark: content.find(mark.encode()))
    return found


def hits(came: Sequence[Leaving], order: Sequence[str]) -> int:
    """How many answers this order gives to those whose they are, forwards or backwards."""
    truth = [who.mark for who in came]
    return max(_same(truth, order), _same(truth, order[::-1]))


def traces(at: Connections, who: Leaving) -> Iterable[str]:
    """What leads to somebody: their ids, address, name and link."""
    link = survey_link(links_of(at), AT.date())
    return who.account, who.case, f"{who.account}@faro.example", "Faro Studio", link.rpartition("/")[2]


def seconds_apart(count: int, do: Callable[[int, datetime], Any]) -> list[Any]:
    """Does it so often, each at an instant of its own."""
    return [do(number, AT + timedelta(seconds=number)) for number in range(count)]


def _said(found: Iterable[Any]) -> list[str]:
    return [str(row[0]) for row in found]


def _same(truth: Sequence[str], order: Sequence[str]) -> int:
    return sum(one == other for one, other in zip(truth, order, strict=True))
