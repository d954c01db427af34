"""Whose answer is it? With the whole database in hand, its files and all keys: nobody can tell. Source: DOMAIN messages.6.

Rows, places, transaction numbers, bytes on the disk, ledger, mails, logs: on SQLite and on PostgreSQL, through the real
page. A table that is kept as tables usually are shows that the one who looks knows how to look.
"""

import hashlib
import hmac
import logging
import secrets
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import make_url, text

from connectors.opening import Connections, settings
from connectors.store.engine import migrate, open_engine
from devstack.stack import EmbeddedStack
from models.surveys import FEWEST
from rules.survey import NO_QUARTER, survey_link
from tests.e2e.answering import AT, Leaving, answer, files, goodbye, hits, links_of, orders, rows, seconds_apart, send
from tests.e2e.answering import traces as traces_of
from tests.e2e.delivery import browser

pytestmark = pytest.mark.asyncio(loop_scope="module")
COUNT = 40
BY_CHANCE = 12
"""So many right guesses of 40 come by chance less often than once in a hundred million times."""
OURS = frozenset({"survey_answer", "survey_form"})


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path_factory.mktemp('survey')}/farewell.db"
    whole, name = request.getfixturevalue("postgres").url, f"survey_{secrets.token_hex(4)}"
    engine = open_engine(whole).execution_options(isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine.dispose()
    return str(make_url(whole).set(database=name).render_as_string(hide_password=False))


@pytest.fixture(scope="module")
def at(stack: EmbeddedStack, url: str) -> Iterator[Connections]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**stack.environment, "FAREWELL_DATABASE_URL": url}.items():
            patch.setenv(name, value)
        connections = Connections(settings())
        migrate(connections.engine)
        yield connections
        connections.engine.dispose()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(at: Connections) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(at) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def came(at: Connections, web: httpx.AsyncClient) -> list[Leaving]:
    """Forty who left in a quarter, in the order in which they answered."""
    left: list[Leaving] = seconds_apart(COUNT, lambda number, when: goodbye(at, number, when))
    for who in left:
        assert (await answer(at, web, who)).status_code == 303
    return left


async def test_messages_6_no_order_that_the_database_knows_tells_who_answered_what(at, came):
    for name, order in orders(at.engine).items():
        assert sorted(order) == sorted(who.mark for who in came)
        assert hits(came, order) < BY_CHANCE, name


async def test_who_looks_would_find_them_in_a_table_as_tables_are(at, came):
    """The same attempt at a table in which each answer is a row of its own, written when it comes."""
    with at.engine.begin() as connection:
        connection.execute(text("CREATE TABLE naive (id INTEGER PRIMARY KEY, comment TEXT)"))
    for number, who in enumerate(came):
        with at.engine.begin() as connection:
            connection.execute(text("INSERT INTO naive VALUES (:id, :mark)"), {"id": number, "mark": _naive(who.mark)})
    found = orders(at.engine, "naive")
    with at.engine.begin() as connection:
        connection.execute(text("DROP TABLE naive"))
    marked = [who._replace(mark=_naive(who.mark)) for who in came]
    assert {hits(marked, order) for order in found.values()} == {COUNT}


async def test_messages_6_one_transaction_has_written_all_of_them(at, came):
    if at.engine.dialect.name == "sqlite":
        pytest.skip("SQLite's rows bear no transaction")
    with at.engine.connect() as connection:
        for table in sorted(OURS):
            told = connection.execute(text(f"SELECT DISTINCT xmin::text, xmax::text FROM {table}")).all()
            assert len(told) == 1, table


async def test_messages_6_the_files_hold_each_answer_once_so_no_earlier_state_of_them(at, came):
    content = b"".join(file.read_bytes() for file in files(at.engine))
    assert {who.mark: content.count(who.mark.encode()) for who in came} == {who.mark: 1 for who in came}


async def test_messages_6_an_answer_shares_nothing_with_what_leads_to_somebody(at, came):
    """Neither a value, nor its digest under any key that we have."""
    said = "\n".join(line for table in OURS for line in rows(at.engine)[table])
    stored = [getattr(at.settings, name) for name in ("link_key", "master_key", "suppression_key")]
    keys = [b64decode(key.get_secret_value()) for key in stored if key]
    for who in came:
        for trace in traces_of(at, who):
            forms = [hashlib.sha256(trace.encode()).hexdigest(), trace]
            own = [*keys, at.keys.digest_key(f"offboarding-{who.case}")]
            forms += [hmac.new(key, trace.encode(), hashlib.sha256).hexdigest() for key in own]
            assert not [form for form in forms if form[:16] in said]


async def test_messages_6_an_answer_changes_no_other_table_and_no_log_tells_of_it(at, web, came, caplog):
    before = rows(at.engine)
    with caplog.at_level(logging.DEBUG):
        answered = await send(web, links_of(at), comment="One more, by nobody")
    after = rows(at.engine)
    assert {name for name in before if before[name] != after[name]} == OURS
    told = [each.getMessage() for each in caplog.records if each.name.split(".")[0] not in {"httpx", "httpcore"}]
    assert not [line for line in told if "survey" in line.lower() or "nobody" in line]
    assert "set-cookie" not in answered.headers


async def test_messages_6_all_goodbyes_of_the_quarter_hold_the_same_link(at, came):
    kept = [at.outbox.messages(who.case)[0].text for who in came]
    assert len(set(kept)) == 1


async def test_messages_6_ids_say_nothing_from_one_answer_to_the_next(at, web, came):
    with at.engine.connect() as connection:
        before = set(connection.scalars(text("SELECT id FROM survey_answer")))
    await send(web, links_of(at), comment="Another one, by nobody")
    with at.engine.connect() as connection:
        assert not before & set(connection.scalars(text("SELECT id FROM survey_answer")))


async def test_messages_6_who_left_almost_alone_in_a_quarter_is_not_named_by_it(at, web, came):
    """One in a quarter is found by the quarter alone: their answer bears none, until there are enough of them."""
    when = AT.replace(year=2027)
    page = survey_link(links_of(at), when.date()).removeprefix("http://there")
    assert "might guess" in (await web.get(page)).text
    few: list[Leaving] = [goodbye(at, 9000 + number, when) for number in range(FEWEST - 1)]
    for who in few:
        await answer(at, web, who, when)
    assert _quarters(at, few) == {who.mark: NO_QUARTER for who in few}
    assert "might guess" in (await web.get(page)).text
    last = goodbye(at, 9999, when)
    assert "not even we" in (await web.get(page)).text
    await answer(at, web, last, when)
    assert _quarters(at, [last]) == {last.mark: "2027-Q4"}


def _quarters(at: Connections, leaving: list[Leaving]) -> dict[str, str]:
    marks = {who.mark for who in leaving}
    with at.engine.connect() as connection:
        found = connection.execute(text("SELECT comment, cohort FROM survey_answer")).all()
    return {str(comment): str(cohort) for comment, cohort in found if comment in marks}


def _naive(mark: str) -> str:
    return mark.replace("Opinion", "Naive opinion")
