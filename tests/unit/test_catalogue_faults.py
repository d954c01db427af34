"""An operator's copies of the messages are read before they are used: file, line and variable are named."""

import shutil
from pathlib import Path

import pytest

from activities.catalogue import TEMPLATES, Catalogue
from activities.catalogue_faults import faults, gaps
from activities.rendering import render, short
from activities.sample_customer import sample as made_up
from models.vocabulary import TO_OURS, MailKind
from tests.unit.sample_mail import sample

THANKS = "subject: Gracias\n\nHola, {{ name }}:\n\n"
PEACE = '\n{% include "es/peace.md" %}\n'


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def found(folder: Path) -> list[str]:
    return [str(fault) for fault in faults(folder)]


def test_a_copy_of_all_that_is_shipped_has_no_faults(tmp_path):
    shutil.copytree(TEMPLATES, tmp_path / "all", ignore=shutil.ignore_patterns("print"))
    assert found(tmp_path / "all") == []


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "es/thanks.md",
            f"{THANKS}{{{{ nmae }}}}{PEACE}",
            "es/thanks.md:5: no message knows a value nmae (did you mean name?)",
        ),
        ("es/thanks.md", f"{THANKS}{{{{ secret_key }}}}{PEACE}", "es/thanks.md:5: no message knows a value secret_key"),
        ("es/thanks.md", f"{THANKS}{{{{ name.__class__ }}}}{PEACE}", "es/thanks.md:5: __class__ is nobody's to read"),
        (
            "es/thanks.md",
            f"{THANKS}{{{{ name['__class__'] }}}}{PEACE}",
            "es/thanks.md:5: __class__ is nobody's to read",
        ),
        (
            "es/thanks.md",
            f"{THANKS}{{{{ used | sum(attribute='x.__class__') }}}}{PEACE}",
            "es/thanks.md:5: x.__class__ is",
        ),
        (
            "es/thanks.md",
            f"{THANKS}{{{{ name.format(name) }}}}{PEACE}",
            "es/thanks.md:5: a message may not do this (Call)",
        ),
        (
            "es/thanks.md",
            f"{THANKS}{{{{ 'a' * 999999999 }}}}{PEACE}",
            "es/thanks.md:5: a message may not do this (Mul)",
        ),
        ("es/thanks.md", f"{THANKS}{{{{ name | attr('x') }}}}{PEACE}", "es/thanks.md:5: No filter named 'attr'"),
        ("es/thanks.md", f"{THANKS}{{% if %}}{PEACE}", "es/thanks.md:5: Expected an expression"),
        ("es/thanks.md", f'{THANKS}{{% include "es/pease.md" %}}\n', "es/thanks.md:5: it includes es/pease.md"),
        (
            "es/thanks.md",
            f'{THANKS}{{% include "../../etc/passwd" %}}\n',
            "es/thanks.md:5: it includes ../../etc/passwd",
        ),
        ("es/thanks.md", f"{THANKS}{{{{ dates.someday | day }}}}{PEACE}", "es/thanks.md:5: "),
        ("es/thanks.md", f"{THANKS}![x](https://e.example/x.png){PEACE}", "es/thanks.md: it shows a picture"),
        ("es/thanks.md", THANKS, "es/thanks.md: nobody can opt out of it"),
        ("es/thanks.md", "Hola\n", "es/thanks.md:1: it has no subject"),
        ("es/thanks.md", f"subject: {{{{ nmae }}}}\n\nHola\n{PEACE}", "es/thanks.md:1: no message knows a value nmae"),
        ("es/closing.md", "subject: x\n", "es/closing.md:1: a part of a message has no subject"),
        (
            "es/closing.md",
            "{{ signed_bye }}\n",
            "es/closing.md:1: no message knows a value signed_bye (did you mean signed_by?)",
        ),
        ("es/closing.md", "\n{{ dates.nope | day }}\n", "es/closing.md:2: "),
        ("es/thank.md", "x", "es/thank.md: no message is called so (did you mean es/thanks.md?"),
        ("thanks.md", "x", "thanks.md: nothing reads it here"),
        ("xx-latin/thanks.md", "x", "xx-latin/thanks.md: xx-latin is no language"),
        ("es/words.toml", "[words\n", "es/words.toml:1: this is no TOML"),
        ("es/words.toml", "[words]\ncharge = 1\n", "es/words.toml:2: charge is no text"),
        ("es/words.toml", "[papers]\nstatment = 'x'\n", "es/words.toml:2: nothing is called statment in [papers]"),
        ("es/words.toml", "[citations]\n'(' = 'x'\n", "es/words.toml:2: ( is no pattern"),
        ("es/words.toml", "[worlds]\n", "es/words.toml:1: nothing is read from worlds"),
        ("es/short.toml", '"thanks" = "{{ nmae }}"\n', "es/short.toml:1: no message knows a value nmae"),
        ("es/short.toml", '\n"thank" = "x"\n', "es/short.toml:2: no short text is called thank (did you mean thanks?)"),
        ("es/call/thanks.md", "subject: x\n\n{{ nmae }}\n", "es/call/thanks.md:3: no message knows a value nmae"),
        ("layout.html", "<main>{{ bodi }}</main>", "layout.html:1: no message knows a value bodi (did you mean body?)"),
        ("layout.html", "<p>{{ subject }}</p>", "layout.html: it has no place for the mail"),
        (
            "layout.html",
            "{{ body }}\n<img src='https://e.example/p.gif'>",
            "layout.html:2: <img: a mail fetches nothing",
        ),
    ],
)
def test_trust_15_what_is_wrong_is_named_by_file_line_and_variable(tmp_path, name, text, said):
    write(tmp_path, name, text)
    assert said in "\n".join(found(tmp_path))


def test_what_is_no_utf_8_is_said_so(tmp_path):
    (tmp_path / "es").mkdir()
    (tmp_path / "es/thanks.md").write_bytes("subject: x\n\naño".encode("latin-1"))
    assert found(tmp_path) == ["es/thanks.md:3: this is no UTF-8 (save it as UTF-8)"]


def test_a_folder_that_is_not_there_is_a_fault(tmp_path):
    assert "there is no such folder" in found(tmp_path / "none")[0]


def test_an_operators_copy_comes_first_and_the_rest_stays_ours(tmp_path):
    write(tmp_path, "es/thanks.md", f"{THANKS}Un abrazo de {{{{ signed_by }}}}.{PEACE}")
    write(tmp_path, "es/_street.md", "Calle Mayor, 1\n")
    write(tmp_path, "es/short.toml", '"thanks" = "Gracias, {{ name }}. {{ opt_out or help_address }}"\n')
    write(tmp_path, "es/words.toml", '[words]\ncharge = "Debe"\n')
    assert found(tmp_path) == []
    own = Catalogue(tmp_path)
    assert "Un abrazo de Ana Belmonte." in render(MailKind.THANKS, "es", sample(), own).text
    assert short(MailKind.THANKS, "es", sample(), own).text.startswith("Gracias, Lucía")
    assert short(MailKind.HOLD, "es", sample(), own) == short(MailKind.HOLD, "es", sample())
    statement = render(MailKind.STATEMENT, "es", sample(), own).text
    assert "Debe ·" in statement
    assert "Pago recibido ·" in statement
    assert render(MailKind.NOTICE, "es", sample(), own) == render(MailKind.NOTICE, "es", sample())


def test_trust_15_a_hostile_copy_that_nobody_checked_still_gets_at_nothing(tmp_path):
    for hostile in (
        "{{ name.__class__.__mro__ }}",
        "{{ dates.__class__.__init__.__globals__ }}",
        "{{ range(9) }}",
        "{{ 'a' * 999999999 }}",
        "{{ '%999999999d' % 1 }}",
    ):
        write(tmp_path, "es/thanks.md", f"{THANKS}{hostile}{PEACE}")
        with pytest.raises(Exception, match=r"undefined|unsafe|reckon"):
            render(MailKind.THANKS, "es", sample(), Catalogue(tmp_path))


def test_a_new_language_is_a_folder_and_what_it_lacks_is_in_english_and_said_so(tmp_path):
    write(
        tmp_path,
        "pt/thanks.md",
        "subject: Obrigado\n\nOlá, {{ name }}: {{ now | day }}. {{ opt_out or help_address }}\n",
    )
    assert found(tmp_path) == []
    own = Catalogue(tmp_path)
    mail = render(MailKind.THANKS, "pt-BR", sample(), own)
    assert (mail.language, mail.subject, mail.why) == ("pt", "Obrigado", "")
    assert "8 de dezembro de 2026" in mail.text
    plan = render(MailKind.PLAN, "pt", sample(), own)
    assert (plan.language, plan.why) == ("en", "there is no pt/plan.md, so this plan is in en")
    assert plan.text == render(MailKind.PLAN, "en", sample()).text
    brief = short(MailKind.PLAN, "pt", sample(), own)
    assert (brief.language, brief.why) == ("en", "there is no short plan in pt, so this one is in en")
    assert "plan.md" in gaps(own)["pt"]
    assert "thanks.md" not in gaps(own)["pt"]


def test_a_mail_that_lacks_a_part_is_whole_in_english(tmp_path):
    write(tmp_path, "pt/thanks.md", 'subject: Obrigado\n\nOlá\n\n{% include "pt/peace.md" %}\n')
    mail = render(MailKind.THANKS, "pt", sample(), Catalogue(tmp_path))
    assert (mail.language, mail.why) == ("en", "there is no pt/peace.md, so this thanks is in en")


def test_our_own_languages_lack_nothing():
    assert gaps(Catalogue()) == {}


def test_the_made_up_customer_has_every_value_that_messages_know_and_no_other():
    assert made_up("").keys() == made_up("pause", bare=True).keys() == sample().keys()


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", [kind for kind in MailKind if kind not in TO_OURS])
def test_messages_2_every_kind_has_a_short_text_that_fits_a_telephone(kind, language):
    values = sample(
        portal="https://f.example/exit/x", dates={**sample()["dates"], "resume": sample()["dates"]["erasure"]}
    )
    text = short(kind, language, values).text
    assert len(text) <= 220
    assert "\n" not in text
    assert ".." not in text
