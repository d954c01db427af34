"""The goodbye promises what comes, and nothing else. DOMAIN messages.5."""

import pytest

from connectors.store.engine import migrate, open_engine
from models.vocabulary import MailKind
from tests.unit.sample_messaging import Postman, asked, messaging, run, settle_in
from tests.unit.sample_plan import keep_plan


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    settle_in(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize(
    ("changes", "times", "thanks"), [({}, "cuatro veces más", True), ({"suppression": None}, "dos veces más", False)]
)
def test_messages_5_where_nobody_could_opt_out_no_thanks_are_promised(engine, changes, times, thanks):
    keep_plan(engine, "acc_1")
    postman = Postman()
    assert run(messaging(engine, postman, **changes).send_message, asked(MailKind.GOODBYE)).state == "sent"
    text = " ".join(postman.taken[0].text.split())
    assert times in text
    assert ("Darle las gracias con calma" in text) == thanks
    assert "El certificado de que sus datos se han borrado" in text
