"""The port `Surveys`, on both databases."""

import secrets
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connectors.errors import Rejected, Unavailable
from connectors.ports.farewells import Surveys
from connectors.store.roles import grant
from connectors.store.sessions import writing
from connectors.store.surveys import SqlSurveys
from models.surveys import Back, Change, SurveyAnswer
from models.tables.messages import MessageRow
from models.vocabulary import Reason
from tests.contract.conftest import ROLE

ANSWER = SurveyAnswer(reason=Reason.PRICE, change=Change.LOWER_PRICE, leaving=5, back=Back.PERHAPS, comment="Gracias.")


@pytest.fixture
def surveys(engine: Engine) -> Surveys:
    return SqlSurveys(engine)


@pytest.fixture
def cohort() -> str:
    return f"quarter-{secrets.token_hex(4)}"


def test_messages_6_an_answer_is_kept_by_its_quarter_and_read_back(surveys: Surveys, cohort: str) -> None:
    other = ANSWER.model_copy(update={"comment": None, "leaving": 1})
    assert surveys.keep(cohort, secrets.token_hex(), ANSWER)
    assert surveys.keep(cohort, secrets.token_hex(), other)
    assert surveys.keep(f"{cohort}-later", secrets.token_hex(), ANSWER)
    assert sorted(surveys.answers([cohort]), key=lambda answer: answer.leaving) == [other, ANSWER]
    assert len(surveys.answers([cohort, f"{cohort}-later"])) == 3
    assert surveys.answers([]) == surveys.answers(["2026-Q9"]) == []


def test_a_form_that_is_sent_twice_counts_once(surveys: Surveys, cohort: str) -> None:
    form = secrets.token_hex()
    assert surveys.keep(cohort, form, ANSWER)
    assert not surveys.keep(cohort, form, ANSWER)
    assert not surveys.keep(f"{cohort}-other", form, ANSWER)
    assert surveys.answers([cohort]) == [ANSWER]


def test_answers_and_double_clicks_at_the_same_moment_lose_and_double_nothing(surveys: Surveys, cohort: str) -> None:
    forms = [secrets.token_hex() for _ in range(12)] * 2
    with ThreadPoolExecutor(8) as many:
        kept = list(many.map(lambda form: surveys.keep(cohort, form, ANSWER), forms))
    assert Counter(kept) == {True: 12, False: 12}
    assert len(surveys.answers([cohort])) == 12


@pytest.mark.parametrize("hostile", ["'; DROP TABLE survey_answer; --", "{{7*7}}", "=cmd()|x", "\U0001f44b ñ 你好"])
def test_a_comment_is_text(surveys: Surveys, cohort: str, hostile: str) -> None:
    surveys.keep(cohort, secrets.token_hex(), ANSWER.model_copy(update={"comment": hostile}))
    assert [answer.comment for answer in surveys.answers([cohort])] == [hostile]


def test_who_got_a_goodbye_in_writing_was_asked(surveys: Surveys, engine: Engine) -> None:
    begin = datetime(2131, 1, 1, tzinfo=UTC)
    sent = [("goodbye", "email", "sent", 0), ("goodbye", "whatsapp", "sent", 89), ("goodbye", "phone", "sent", 3)]
    others = [("goodbye", "email", "skipped", None), ("thanks", "email", "sent", 4), ("goodbye", "email", "sent", 90)]
    with writing(engine) as session:
        for number, (kind, channel, state, day) in enumerate([*sent, *others]):
            where: dict[str, Any] = {
                "message_id": f"asked-{number}@x",
                "case": "asked-1",
                "account": "asked",
                "language": "es",
            }
            at = None if day is None else begin + timedelta(days=day)
            session.add(MessageRow(**where, kind=kind, channel=channel, state=state, sent_at=at))
    assert surveys.asked(begin, begin + timedelta(days=90)) == 2
    assert surveys.asked(begin + timedelta(days=1), begin + timedelta(days=89)) == 0
    days = [begin.date(), (begin + timedelta(days=89)).date(), (begin + timedelta(days=90)).date()]
    assert [day for day in surveys.asked_on() if day >= begin.date()] == days


def test_while_a_backup_holds_the_table_an_answer_is_refused_and_not_half_kept(
    postgresql_engine: Engine, cohort: str
) -> None:
    surveys, form = SqlSurveys(postgresql_engine), secrets.token_hex()
    with postgresql_engine.begin() as backup:
        backup.execute(text("LOCK TABLE survey_answer, survey_form IN ACCESS SHARE MODE"))
        with pytest.raises(Unavailable):
            surveys.keep(cohort, form, ANSWER)
    assert surveys.answers([cohort]) == []
    assert surveys.keep(cohort, form, ANSWER)


def test_a_role_that_may_not_empty_the_tables_is_told_what_it_lacks(
    owner_engine: Engine, postgresql_engine: Engine, cohort: str
) -> None:
    """Never by deleting instead: dead rows would tell who came when."""
    with owner_engine.begin() as connection:
        connection.execute(text(f"REVOKE TRUNCATE ON survey_answer FROM {ROLE}"))
    with pytest.raises(Rejected, match="permission denied for table survey_answer") as no:
        SqlSurveys(postgresql_engine).keep(cohort, secrets.token_hex(), ANSWER)
    assert no.value.fix == "farewell database grant"
    grant(owner_engine, ROLE)
    assert SqlSurveys(postgresql_engine).keep(cohort, secrets.token_hex(), ANSWER)
