"""The manager is told first, then the teams; each letter once, whatever dies in between. Source: SEEDS 001, 002."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from temporalio.testing import ActivityEnvironment

from activities.briefing import BriefingActivities
from connectors.errors import Transient, Unanswered, Unavailable
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.outbox import SqlOutbox
from connectors.store.sessions import writing
from models.case import Decision, TeamDue
from models.effects import TeamMessageRequest, TeamMessageResult
from models.messages import ABANDONED, Kept
from models.tables.accounts import AccountRow
from models.vocabulary import Cause, Mode, Stage, Team
from tests.contract.sample_account import request_for
from tests.unit.own_database import NOW, company
from tests.unit.sample_facts import INVENTORY, POLICY
from tests.unit.sample_plan import keep_plan

TEAMS = ("clientes", "administracion", "seguridad", "juridico")


class Postman:
    """Takes what it's given; before some letters it fails, or says nothing."""

    def __init__(self) -> None:
        self.taken: list[Kept] = []
        self.fails: list[type[Exception]] = []

    def deliver(self, message: Kept) -> None:
        if self.fails and (error := self.fails.pop(0)):
            raise error("SMTP", "nobody is there")
        self.taken.append(message)

    @property
    def to(self) -> list[str]:
        return [(mail.recipient or "").partition("@")[0] for mail in self.taken]


class Company:
    """A case with an approved plan."""

    def __init__(self, engine, account: str) -> None:
        self.account, self.engine, self.postman, self.store = account, engine, Postman(), SqlCaseStore(engine)
        self.store.open_case(request_for(account), NOW)
        self.plan = keep_plan(engine, account, requested_on=date(2026, 11, 20))
        self.outbox = SqlOutbox(engine)
        ports = {"directory": SqlDirectory(engine), "store": self.store, "outbox": self.outbox}
        self.activities = BriefingActivities(**ports, messenger=self.postman, policy=POLICY, inventory=INVENTORY)

    def run(self, step: str, number: int = 1, later: timedelta = timedelta(0), **about) -> TeamMessageResult:
        case = {"case": f"{self.account}-1", "account": self.account, "stage": Stage.NOTICE, "step": step}
        request = TeamMessageRequest(**case, generation=number, plan_hash=self.plan.hash, **about)
        environment = ActivityEnvironment()
        clock = {"scheduled_time": NOW, "current_attempt_scheduled_time": NOW + later}
        environment.info = replace(environment.info, **clock)
        return environment.run(getattr(self.activities, step), request)


@pytest.fixture
def company_(tmp_path: Path):
    for engine, account in company(tmp_path):
        yield Company(engine, account)


def test_the_manager_is_told_first_with_all_that_whoever_answers_should_know(company_: Company) -> None:
    about = {"case": f"{company_.account}-1", "account": company_.account, "stage": Stage.REQUESTED}
    word = {"action": "set_contact_preference", "details": {"reason": "service_quality"}}
    company_.store.decide(Decision(**about, step="decide_x", actor="customer", **word), NOW)
    told = company_.run("brief")
    assert company_.postman.to == ["ana", *TEAMS]
    briefing = company_.postman.taken[0]
    assert briefing.subject == "Faro Studio se va: lo que conviene saber"
    words = " ".join((briefing.text or "").split())
    for known in ("4 de mayo de 2021", "la calidad de nuestro servicio", "Lucía Gil, main@faro.example", "correo"):
        assert known in words, words
    assert [each.team for each in told.due] == [
        Team.CUSTOMER_SUCCESS,
        Team.FINANCE,
        Team.SECURITY,
        Team.LEGAL,
    ]
    assert all(each.does for each in told.due)


@pytest.mark.parametrize(
    ("way", "said", "not_said"),
    [
        ({"mode": Mode.STOP}, "Se hace una oferta como mucho", "Causa"),
        ({"mode": Mode.EJECT, "cause": Cause.CUSTOMER_DEMAND}, "Se hace una oferta como mucho", "Causa"),
        ({"mode": Mode.EJECT, "cause": Cause.NON_PAYMENT}, "Causa: impago", "oferta"),
        ({"mode": Mode.PAUSE, "resume_on": date(2027, 2, 1)}, "farewell resume", "oferta"),
    ],
)
def test_messages_4_the_briefing_speaks_of_an_offer_only_where_one_may_be_made(
    company_: Company, way, said, not_said
) -> None:
    """Nor of a line in a goodbye that has none."""
    company_.plan = keep_plan(company_.engine, company_.account, requested_on=date(2026, 11, 20), **way)
    company_.run("brief")
    words = " ".join((company_.postman.taken[0].text or "").split())
    assert said in words
    assert not_said not in words
    assert ("farewell message line" in words) is ("oferta" in words)


def test_modes_3_who_is_put_out_is_told_to_the_teams_with_the_day_of_the_plan(company_: Company) -> None:
    way = {"mode": Mode.EJECT, "cause": Cause.NON_PAYMENT}
    company_.plan = keep_plan(company_.engine, company_.account, requested_on=date(2026, 11, 20), **way)
    company_.run("brief")
    ends = company_.plan.commitments.dates["effective_date"].at.astimezone(ZoneInfo("Europe/Madrid"))
    assert f"El servicio y los accesos terminan el {ends.day} de" in " ".join(company_.postman.taken[1].text.split())


def test_each_letter_leaves_once_though_the_first_attempt_fails_in_the_middle(company_: Company) -> None:
    company_.postman.fails = [None, None, Unavailable]
    with pytest.raises(Unavailable):
        company_.run("brief")
    assert company_.postman.to == ["ana", "clientes"]
    company_.run("brief")
    company_.run("brief")
    assert company_.postman.to == ["ana", *TEAMS]
    ids = [mail.message_id.partition("@")[0] for mail in company_.postman.taken]
    case = f"{company_.account}-1"
    assert ids[:3] == [f"{case}.briefing.1", f"{case}.stakeholder-customer_success.1", f"{case}.stakeholder-finance.1"]


def test_what_may_have_left_is_repeated_with_equal_bytes_but_not_while_another_attempt_may_live(
    company_: Company,
) -> None:
    company_.postman.fails = [Unanswered]
    with pytest.raises(Unanswered):
        company_.run("brief")
    with pytest.raises(Transient, match="being handed over"):
        company_.run("brief", later=ABANDONED / 2)
    company_.run("brief", later=ABANDONED)
    assert company_.postman.taken[0].sent_at == NOW
    assert company_.postman.to == ["ana", *TEAMS]


def test_who_has_done_theirs_hears_no_more_of_it(company_: Company) -> None:
    company_.run("brief", done=(Team.FINANCE, Team.LEGAL))
    assert company_.postman.to == ["ana", "clientes", "seguridad"]


def test_a_reminder_goes_to_the_team_and_what_is_late_to_the_manager(company_: Company) -> None:
    due = TeamDue(team=Team.SECURITY, due=NOW + timedelta(days=1), remind_at=NOW)
    company_.run("remind_teams", 2, teams=(Team.SECURITY,), due=(due,))
    company_.run("remind_teams", 3, teams=(Team.SECURITY,), due=(due,), escalate=True)
    assert company_.postman.to == ["seguridad", "ana"]
    assert [mail.subject for mail in company_.postman.taken] == [
        "Faro Studio: recordatorio, hasta el 21 de noviembre de 2026",
        "Faro Studio: sin hacer a 21 de noviembre de 2026",
    ]


def test_all_who_were_asked_are_told_once_that_the_account_stays(company_: Company) -> None:
    for _ in range(2):
        company_.run("remind_teams", 2, teams=(Team.FINANCE,), called_off=True)
    assert company_.postman.to == ["ana", "administracion"]
    assert all("se queda" in (mail.subject or "") for mail in company_.postman.taken)


def test_what_we_tell_our_own_people_is_erased_with_the_messages(company_: Company) -> None:
    """Source: DOMAIN erasure.7."""
    company_.run("brief")
    directory = company_.activities._directory
    assert directory.erase(company_.account, "messages") == (5, 5)
    assert {mail.text for mail in company_.outbox.messages(f"{company_.account}-1")} == {None}


@pytest.mark.parametrize("language", ["en", "es"])
def test_hostile_names_stay_text(company_: Company, language: str) -> None:
    """Source: TRUST 15."""
    with writing(company_.engine) as session:
        hostile = {"name": "{{7*7}}\r\nBcc: x@evil.example", "language": language}
        session.get_one(AccountRow, company_.account).sqlmodel_update(hostile)
    company_.run("brief")
    for mail in company_.postman.taken:
        assert "{{7*7}} Bcc: x@evil.example" in (mail.subject or "")
        assert "\n" not in (mail.subject or "")
    assert {mail.language for mail in company_.postman.taken[:1]} == {language}
