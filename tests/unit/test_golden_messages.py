"""Every message as its reader gets it, word by word: `FAREWELL_WRITE_GOLDEN=1` writes the files anew, to be read."""

import os
from pathlib import Path

import pytest

from activities.rendering import languages, render, script, short
from models.vocabulary import TO_OURS, MailKind
from rules.reach import CALLS
from tests.unit.sample_mail import EJECT, PAUSE, PUT_OUT, STATEMENT, sample

GOLDEN = Path(__file__).with_name("golden")
PAGES = {
    "portal": "https://bajas.example/exit/TOKEN",
    "opt_out": "https://bajas.example/opt-out/TOKEN",
    "survey": "https://bajas.example/survey/TOKEN",
    "refund_policy_url": "https://bancada.example/refunds",
}
LINK = {"link": "https://bajas.example/package/TOKEN"}
LINE = {"line": "Me quedo con la puesta en marcha de Tudela."}
OPENED = {"opened": (STATEMENT,), "enclosed": ("letter",)}
MAILS = {
    "acknowledgement": {"hours": (9, 14)},
    "acknowledgement.pause": PAUSE,
    "acknowledgement.eject": EJECT,
    "plan": {},
    "plan.pause": PAUSE,
    "plan.for_cause": PUT_OUT,
    "notice": {},
    "export_ready": LINK,
    "goodbye": {**OPENED, **LINK, **LINE},
    "goodbye.for_cause": {**PUT_OUT, **OPENED, **LINK},
    "statement": {"enclosed": ("statement",)},
    "retrieval_reminder": LINK,
    "certificate": {"enclosed": ("certificate",)},
    "thanks": LINE,
    "survey_reminder": {},
    "come_back": {},
    "hold": {},
    "paused": PAUSE,
    "resume_reminder": PAUSE,
    "welcome_back": {},
    "welcome_back.pause": PAUSE,
}
every_language = pytest.mark.parametrize("language", sorted(languages()))


def held(name: str, text: str) -> None:
    """Against the file of that name."""
    file = GOLDEN / f"{name}.txt"
    if os.environ.get("FAREWELL_WRITE_GOLDEN"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")


@every_language
@pytest.mark.parametrize("name", MAILS)
def test_golden_mail(name, language):
    mail = render(MailKind(name.partition(".")[0]), language, sample(**PAGES, **MAILS[name]))
    held(f"{name}.{language}", f"{mail.subject}\n\n{mail.text}")


@every_language
def test_golden_short_texts(language):
    told = (
        (name, short(MailKind(name.partition(".")[0]), language, sample(**PAGES, **how)).text)
        for name, how in MAILS.items()
    )
    held(f"short.{language}", "".join(f"{name}\n  {text}\n" for name, text in told))


@every_language
@pytest.mark.parametrize("kind", sorted(CALLS))
def test_golden_script(kind, language):
    told = script(MailKind(kind), language, sample(**PAGES, hours=(9, 14)))
    held(f"call.{kind}.{language}", f"{told.subject}\n\n{told.text}")


def test_every_kind_that_a_customer_gets_is_golden():
    assert {name.partition(".")[0] for name in MAILS} == set(MailKind) - TO_OURS
