"""The papers that a customer keeps. DOMAIN money.1, money.5, money.7, messages.7; TRUST 15."""

import re
import subprocess
import sys
import tomllib
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from activities.certificate import BACKUPS, ENDED, HONESTY, KEPT, KEY, LIVE, MEDIA, METHODS, WITH_THE_LAST
from activities.printing import Closing, print_certificate, print_letter, print_statement
from activities.printing_letter import Ending
from activities.printing_press import TEMPLATES, UNKNOWN
from activities.printing_words import Addressed, Words
from activities.supplements import CHANGES
from models.money import Document, RefundState, Settlement, Statement, StatementLine
from models.plan import EndingContract, PlannedDate
from models.vocabulary import Cause, Mode
from tests.fakes.packs import KEY_GONE, evidence
from tests.fakes.papers import AT, CASE, plan
from tests.unit.pdf_words import metadata, pages, words
from tests.unit.sample_mail import DATES, EJECT, LUCIA, POLICY, SOURCES

TEAM = "Equipo, 2026-06-01 – 2027-05-31"
ABOUT = Addressed(
    case="acc_7f3k2m-1",
    account="acc_7f3k2m",
    name=LUCIA.account_name,
    language="es",
    country="ES",
    zone="Europe/Madrid",
    sender=POLICY.sender,
)
ENGLISH = ABOUT.model_copy(update={"language": "en", "country": "IE"})
HOSTILE = [
    '#eval("1+1")',
    "$ x^2 $ ] [ #[",
    "\\ \\u{41} *bold* _it_ `raw` <label> @ref",
    "= Heading",
    "// comment /* */",
    "{{7*7}} {% raw %}",
    "a\x00b\x1bc\u202ed",
    "W" * 400,
    "株式会社 😀 \ud7ff\ue000",
    "שלום مرحبا",
]


def line(kind, description, amount, reference="", taxed="0 0"):
    rate, tax = (Decimal(part) for part in taxed.split())
    about = {"kind": kind, "description": description, "reference": reference}
    return StatementLine(**about, amount=Decimal(amount), tax=tax, tax_rate=rate)


def statement(*lines, currency="EUR"):
    return Statement(currency=currency, lines=lines, total=sum((each.amount for each in lines), Decimal(0)))


EUR = statement(
    line("charge", TEAM, "6912.00", "F-612", "0.21 1199.60"),
    line("payment", f"Paid: {TEAM}", "-6912.00", "F-612"),
    line("credit", f"Unused days: {TEAM}", "-3351.85", "F-612", "0.21 -581.73"),
    line("charge", "2 140 × API", "42.80", "final", "0.21 7.43"),
    line("charge", "Minimum: SMS, 2026-11-01 – 2026-12-05", "12.00", "final", "0.04 0.46"),
    line("credit", "Credit balance", "-10.00"),
    line("refund", f"Refund: {TEAM}", "3307.05", "F-612"),
)
REFUND = Document(
    kind="refund", currency="EUR", amount=Decimal("3307.05"), description=f"Refund: {TEAM}", payment_id="pay_9Zk"
)
CLOSING = Closing(
    settlement=Settlement(statements=(EUR,), documents=(REFUND,)),
    billing_end=DATES["billing_end"],
    made_at=DATES["late_usage_end"] + timedelta(hours=9),
    digest="sha256:" + "ab12" * 16,
)
DATED = {name: PlannedDate(at=at, rule="dates.3", citation=SOURCES.get(name, "house")) for name, at in DATES.items()}
MAIN = EndingContract(
    id="acc-contract",
    ends=PlannedDate(at=DATES["effective_date"], rule="dates.2", citation="contract acc-contract: notice of 30 days"),
    term_end=DATES["retrieval_end"],
    fee_share=Decimal("0.25"),
)
LETTER = Ending(
    commitments=plan().commitments.model_copy(update={"dates": DATED, "contracts": (MAIN,)}),
    dates=DATES,
    titles={"acc-contract": "Suscripción anual"},
    contact=LUCIA.name,
    signed_by="Ana Belmonte",
    years=6,
    made_at=DATES["effective_date"],
)


def certified():
    closing = evidence()
    closing.run("sign_certificate")
    return closing.store.documents(CASE, "certificate")[0]


def told(status):
    return (RefundState(refund_id="r1", currency="EUR", amount=REFUND.amount, status=status),)


def closing(*statements, **changes):
    return CLOSING.model_copy(update={"settlement": Settlement(statements=statements), **changes})


PAPERS = {
    "statement": lambda about: print_statement(about, CLOSING),
    "letter": lambda about: print_letter(about, LETTER),
    "certificate": lambda about: print_certificate(about, certified(), {}),
}
every_paper = pytest.mark.parametrize("paper", PAPERS)


@every_paper
def test_a_paper_is_archivable_and_accessible_and_says_whose_it_is(paper):
    pdf = PAPERS[paper](ABOUT)
    about = metadata(pdf)
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in about
    assert "<pdfuaid:part>1</pdfuaid:part>" in about
    assert POLICY.sender.company in about
    assert re.search(r"<dc:language><rdf:Bag><rdf:li>es", about)
    assert words(pdf).startswith(POLICY.sender.company)


@every_paper
def test_the_same_paper_has_the_same_bytes_in_another_process(paper):
    script = f"import sys; from tests.unit.test_printing import ABOUT, PAPERS; sys.stdout.buffer.write(PAPERS[{paper!r}](ABOUT))"
    again = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        cwd=Path(__file__).parents[2],
        env={"TZ": "Pacific/Kiritimati", "PATH": ""},
    )
    assert again.stdout == PAPERS[paper](ABOUT)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_every_paper(text):
    house = POLICY.sender.model_copy(update={"company": text, "help_name": text})
    about = ABOUT.model_copy(update={"name": text, "sender": house})
    hostile = statement(line("charge", text, "1", text), line("write_off", text, "-1", text))
    letter = LETTER.model_copy(update={"titles": {"acc-contract": text}, "contact": text, "signed_by": text})
    shown = "".join(" " if ord(c) < 32 or c == "\u202e" else c if _printed(c) else UNKNOWN for c in text)
    for pdf in (
        print_statement(about, closing(hostile, digest=text)),
        print_letter(about, letter),
        print_certificate(about, certified(), {"task": {"es": text}}),
    ):
        assert _bare(shown) in _bare(words(pdf)) or _is_rtl(text)


def _printed(character):
    return character not in "株式会社😀\ud7ff\ue000"


def _bare(text):
    return re.sub(r"[\s\u200b]+", "", text)


def _is_rtl(text):
    return any("\u0590" <= character <= "\u06ff" for character in text)


def test_who_is_written_in_letters_that_no_font_holds_is_named_by_the_accounts_id():
    kanji = ABOUT.model_copy(update={"name": "株式会社山田製作所"})
    said = words(print_letter(kanji, LETTER.model_copy(update={"contact": "山田太郎"})))
    assert UNKNOWN not in said
    assert f"Hola, {ABOUT.account}:" in said
    assert UNKNOWN not in words(print_statement(kanji, CLOSING))
    rocket = words(print_statement(ABOUT.model_copy(update={"name": "🚀 Rocket"}), CLOSING))
    assert f"{UNKNOWN} Rocket, {ABOUT.account}" in rocket


def test_money_5_the_statement_says_in_a_sentence_why_it_comes_to_zero():
    text = words(print_statement(ABOUT, CLOSING.model_copy(update={"refunds": told("succeeded")})))
    why = "Cargos de 6.966,80 € y devoluciones de 3.307,05 €, menos pagos de 6.912,00 € y abonos de 3.361,85 €, suman cero."
    assert why in text
    assert "Todo queda a cero: no nos debe nada, ni le debemos nada." in text
    assert "El pago pay_9Zk, con el que pagó: Equipo, 1 jun 2026 – 31 may 2027 3.307,05 €" in text


def test_money_5_a_difference_is_not_explained_away():
    text = words(print_statement(ENGLISH, closing(statement(line("charge", "x", "12")))))
    assert "Charges of €12.00 leave €12.00, a difference that a person of ours is looking into" in text
    assert "you owe us nothing" not in text


def test_money_5_books_that_differ_from_the_statement_are_told():
    text = words(print_statement(ABOUT, CLOSING.model_copy(update={"agrees": False})))
    assert "Queda una diferencia que aún no sabemos explicar." in text
    assert "Todo queda a cero" not in text


@pytest.mark.parametrize(
    ("kind", "said", "unsaid"),
    [
        ("write_off", "€12.00 is forgiven: it was small. Nobody will ask you for it", "still to pay"),
        ("handed_over", "€12.00 is still to pay. Our finance team takes over", "you owe us nothing"),
        ("lapsed", "€12.00 of credit that has lapsed", "still to pay"),
    ],
)
def test_money_6_what_is_forgiven_or_still_to_pay_is_named(kind, said, unsaid):
    closed = statement(line("charge", "Team", "12", "F-1"), line(kind, "Written off: Team", "-12", "F-1"))
    text = words(print_statement(ENGLISH, closing(closed)))
    assert said in text
    assert unsaid not in text


@pytest.mark.parametrize(
    ("refunds", "said", "unsaid"),
    [
        ((), "is on its way back", "has gone back"),
        (told("pending"), "is on its way back", "has gone back"),
        (told("succeeded"), "has gone back", "on its way"),
        (told("failed"), "We owe you €3,307.05", "has gone back"),
    ],
)
def test_money_7_a_paper_says_refunded_only_by_the_provider_s_word(refunds, said, unsaid):
    text = words(print_statement(ENGLISH, CLOSING.model_copy(update={"refunds": refunds})))
    assert said in text
    assert unsaid not in text


def test_money_4_an_opened_statement_is_a_draft_on_every_page_and_says_until_when():
    text = words(print_statement(ENGLISH, CLOSING.model_copy(update={"open_until": DATES["late_usage_end"]})))
    assert text.count("DRAFT") == len(pages(print_statement(ENGLISH, CLOSING)))
    assert "open until 9 December 2026" in text
    assert "Nothing is to be paid yet." in text
    assert "DRAFT" not in words(print_statement(ENGLISH, CLOSING))


def test_money_1_tax_is_shown_by_line_and_by_rate_and_sums_up():
    text = words(print_statement(ABOUT, CLOSING))
    assert "21 % · 1.199,60 € 6.912,00 €" in text
    assert "4 % 11,54 € 0,46 € 12,00 €" in text
    assert "21 % 2.977,65 € 625,30 € 3.602,95 €" in text
    assert "Impuesto" not in words(print_statement(ABOUT, closing(statement(line("charge", "x", "1")))))


def test_money_1_currencies_stand_side_by_side_each_to_its_minor_unit():
    kwd, jpy = (
        statement(line("charge", "Ayuda", amount), currency=currency)
        for amount, currency in (("1.505", "KWD"), ("4000", "JPY"))
    )
    text = words(print_statement(ENGLISH, closing(kwd, jpy)))
    assert "Kuwaiti Dinar (KWD)" in text
    assert "KWD 1.505" in text
    assert "JP¥4,000" in text


def test_three_hundred_lines_break_over_pages_each_with_its_head_and_number():
    many = [line("charge", f"Pieza {number}", "1.10", f"F-{number // 20}") for number in range(300)]
    sheets = pages(print_statement(ABOUT, closing(statement(*many))))
    assert len(sheets) > 5
    for number, sheet in enumerate(sheets, 1):
        assert f"Página {number} / {len(sheets)}" in sheet
        assert "Concepto\nImporte\nFactura F-" in sheet or "Pieza" not in sheet
    assert sum(sheet.count("Pieza ") for sheet in sheets) == 300


def test_the_letter_says_which_contract_ends_when_by_which_rule_and_what_comes_then():
    text = words(print_letter(ABOUT, LETTER))
    assert "Suscripción anual acc-contract 5 de diciembre de 2026 Según el preaviso de su contrato" in text
    assert "Su solicitud del 5 de noviembre de 2026 sirvió de preaviso" in text
    assert "prevé el 25 % del precio de los días que faltaban" in text
    assert "4 de enero de 2027 Último día para recoger la copia de sus datos." in text
    assert "Gracias por estos seis años con nosotros." in text


def test_messages_3_the_letter_of_an_eject_for_cause_neither_thanks_nor_accuses():
    put_out = LETTER.commitments.model_copy(update={"mode": Mode.EJECT, "cause": Cause.FRAUD, "contracts": ()})
    dates = EJECT["dates"]
    text = words(print_letter(ENGLISH, LETTER.model_copy(update={"commitments": put_out, "dates": dates})))
    assert "The contract was ended by us as of 5 November 2026" in text
    assert "If you think that this is a mistake" in text
    assert not re.search("thank|fraud|costs nothing", text.lower())


def test_modes_3_the_day_of_an_eject_is_the_last_of_its_contract_for_it_is_charged():
    dates = EJECT["dates"]
    day = MAIN.model_copy(update={"ends": PlannedDate(at=dates["effective_date"], rule="modes.3", citation="")})
    for contracts, said in (((day,), "acc-contract 5 November 2026"), ((), "ends with the close of 5 November 2026")):
        ejected = LETTER.commitments.model_copy(update={"mode": Mode.EJECT, "contracts": contracts})
        text = words(print_letter(ENGLISH, LETTER.model_copy(update={"commitments": ejected, "dates": dates})))
        assert said in text
    assert dates["billing_end"].day == 6  # so the statement says: settled up to and including the 5th


def test_erasure_5_the_certificate_says_what_was_signed_and_how_to_check_it():
    kept = certified()
    text = words(print_certificate(ENGLISH, kept, {"task": {"en": "Steps; with a note"}}))
    assert "Steps deleted from the live system 1 March 2026 9 0 0" in text
    assert kept["digest"] in text
    assert kept["claims"]["plan"] in text
    assert "bruno, 1 March 2026" in text
    assert all(each in text for each in (LIVE, BACKUPS, KEY, MEDIA, KEPT))
    assert all(each in text for each in (*KEY_GONE["ids"], KEY_GONE["proven"], "5 April 2026 at most"))
    assert "farewell audit verify" in text


def test_stages_3_the_customers_certificate_says_what_a_sub_processor_is_and_the_packs_its_name():
    kept = certified()
    asked = {"asked": 1, "asked_at": AT.isoformat(), "first_asked_at": AT.isoformat(), "confirmed_at": None}
    newsletter = {"name": "newsletter", "recorded_by": None, "reference": "", "erased": None, **asked}
    told = {**kept, "claims": {**kept["claims"], "processors": [newsletter]}}
    sets = {"processor/newsletter": {"en": "The service that sends our newsletter"}}
    assert "The service that sends our newsletter" in words(print_certificate(ENGLISH, told, sets))
    assert "newsletter" in words(print_certificate(ENGLISH, told, {}))


def test_the_certificate_of_the_pack_names_the_customer_by_id_only():
    text = words(print_certificate(ABOUT.model_copy(update={"name": None}), certified(), {}))
    assert LUCIA.account_name not in text
    assert "acc_7f3k2m" in text


def test_what_is_certified_in_english_can_be_said_in_spanish():
    spanish = Words("certificate", ABOUT)
    for table, ours in (
        ("methods", (*METHODS.values(), ENDED, WITH_THE_LAST)),
        ("statements", HONESTY),
        ("changes", CHANGES.values()),
    ):
        assert all(spanish.translated(table, each) != each for each in ours)


@every_paper
def test_both_languages_hold_the_same_words(paper):
    spanish, english = (tomllib.loads((TEMPLATES / each / f"{paper}.toml").read_text("utf-8")) for each in ("es", "en"))
    for table in ("labels", "sentences"):
        assert set(spanish[table]) == set(english[table])
    assert {name: len(said) for name, said in spanish["paragraphs"].items()} == {
        name: len(said) for name, said in english["paragraphs"].items()
    }
