"""Mails: two twins with the same words, and hostile text that stays text (TRUST 15)."""

import re
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from jinja2 import UndefinedError

from activities.facts import announced, whole_years
from activities.figures import retained
from activities.rendering import TEMPLATES, languages, render, script, short, subject
from models.money import Statement, StatementLine
from models.plan import Commitments, Duties
from models.vocabulary import TO_OURS, Channel, MailKind
from rules.links import Links
from tests.unit.sample_mail import CADENCE, DATES, EJECT, INVENTORY, LUCIA, PAUSE, PUT_OUT, SOURCES, STATEMENT, sample

OF_A_PAUSE = (MailKind.PAUSED, MailKind.RESUME_REMINDER)
KINDS = [kind for kind in MailKind if kind not in {*OF_A_PAUSE, *TO_OURS}]
PAUSES = [MailKind.ACKNOWLEDGEMENT, MailKind.PLAN, *OF_A_PAUSE, MailKind.WELCOME_BACK]
EJECTS = [MailKind.PLAN, MailKind.EXPORT_READY, MailKind.GOODBYE, MailKind.STATEMENT, MailKind.CERTIFICATE]
EVERY = [
    *((kind, {}) for kind in KINDS),
    *((kind, PAUSE) for kind in PAUSES),
    *((kind, {**PUT_OUT, "opened": (STATEMENT,)}) for kind in EJECTS),
    *((kind, EJECT) for kind in (MailKind.ACKNOWLEDGEMENT, MailKind.PLAN)),
]
every_mail = pytest.mark.parametrize(
    ("kind", "how"), EVERY, ids=lambda each: each if isinstance(each, str) else each.get("manner", "")
)
HOSTILE = [
    "{{7*7}}",
    "{% include 'layout.html' %}",
    "{{''.__class__}}",
    "<script>alert(1)</script>",
    "<img src=http://evil.example/x>",
    "[x](http://evil.example)",
    "![x](http://evil.example)",
    "<http://evil.example>",
    "**bold** _it_ `code` # head",
    "a | b | c",
    "&lt;b&gt; &#64;",
    "\\*back\\*",
]


class Words(HTMLParser):
    """The text of the mail's own part, without head and house line."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self._inside = [], [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._inside = self._inside or tag == "main"

    def handle_endtag(self, tag):
        self._inside = self._inside and tag != "main"

    def handle_data(self, data):
        if self._inside:
            self.text.append(data)


def words(text):
    return sorted(word for word in re.split(r"\s+", text) if word.strip("-"))


def of_html(html):
    return words(" ".join(Words(html).text).replace("—", ""))


def of_text(text):
    return words(re.sub(r"^- ", "", text, flags=re.MULTILINE).replace("—", ""))


def flowing(text):
    return " ".join(text.split())


def squeezed(text):
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("language", ["es", "en"])
@every_mail
def test_text_and_html_say_the_same_words(kind, how, language):
    mail = render(kind, language, sample(**how))
    assert sorted(squeezed(" ".join(of_html(mail.html)))) == sorted(squeezed(" ".join(of_text(mail.text))))
    assert mail.subject
    assert "\n" not in mail.subject
    assert max(len(line) for line in mail.text.splitlines()) <= 72


@pytest.mark.parametrize("language", ["es", "en"])
@every_mail
def test_a_mail_fetches_nothing_links_nowhere_and_says_whom_to_write_to(kind, how, language):
    mail = render(kind, language, sample(**how))
    assert not {"a", "img", "script", "link", "iframe", "form"} & set(Words(mail.html).tags)
    assert "http" not in mail.html
    assert "ayuda@bancada.example" in mail.text
    assert LUCIA.signed_by in mail.text
    assert ".." not in mail.text
    assert not re.search(r"[{}]|None|\*\*", mail.text)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_renders_when_nothing_is_known_yet(kind):
    nothing = {
        "years": 0,
        "retained": (),
        "estimate": (),
        "to_come": (),
        "statements": (),
        "processors": (),
    }
    assert render(kind, "es", sample(**nothing, package=None, erased=None)).text


@pytest.mark.parametrize(("language", "said"), [("es", "aún no lo ha confirmado"), ("en", "hasn't confirmed it yet")])
def test_stages_3_erasure_6_the_certificates_mail_tells_of_sub_processors_and_of_the_key(language, said):
    text = squeezed(render(MailKind.CERTIFICATE, language, sample()).text)
    assert squeezed(f"{INVENTORY.processors[0].about[language]}: {said}") in text
    assert squeezed({"es": "está destruida", "en": "is destroyed"}[language]) in text
    assert "newsletter" not in render(MailKind.CERTIFICATE, "es", sample()).text


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", [MailKind.ACKNOWLEDGEMENT, MailKind.STATEMENT, MailKind.PLAN])
def test_hostile_text_stays_text(kind, text):
    tags = Words(render(kind, "es", sample()).html).tags
    hostile = Statement(
        currency="EUR",
        lines=(StatementLine(kind="charge", description=text, amount=Decimal(1)),),
        total=Decimal(1),
    )
    mail = render(kind, "es", sample(name=text, account_name=text, statements=(hostile,)))
    assert set(Words(mail.html).tags) <= set(tags)
    assert squeezed(text) in squeezed(mail.text)
    assert squeezed(text) in squeezed("".join(Words(mail.html).text))
    assert "49" not in mail.text


@pytest.mark.parametrize("text", ["a\r\nBcc: b@evil.example", "a\n\n# b", "a\u2028b", "a\x00b", "a\u202eb"])
def test_line_breaks_and_marks_that_shape_text_become_a_space(text):
    mail = render(MailKind.ACKNOWLEDGEMENT, "es", sample(name=text, company=text, product=text))
    assert not re.search("[\r\x00\u2028\u202e]", mail.subject + mail.text + mail.html)
    assert "\nBcc" not in mail.text
    assert "<h1" not in mail.html


def test_a_language_without_catalogue_falls_back_to_english_and_says_so():
    mail = render(MailKind.THANKS, "pt-BR", sample())
    assert mail.language == "en"
    assert "pt-BR" in mail.why
    assert mail.text == render(MailKind.THANKS, "en", sample()).text


@pytest.mark.parametrize("language", ["es-MX", "ES", "es_ES"])
def test_a_region_finds_its_language(language):
    assert (render(MailKind.THANKS, language, sample()).language, languages()) == ("es", {"es", "en"})


def test_a_value_that_a_source_names_and_nobody_gives_is_an_error():
    values = sample()
    del values["signed_by"]
    with pytest.raises(UndefinedError):
        render(MailKind.THANKS, "es", values)


@every_mail
def test_subjects_need_the_house_only(kind, how):
    house = {"company": "Bancada", "product": "Bancada"}
    assert subject(kind, "es", house, how.get("manner", "")) == render(kind, "es", sample(**how)).subject


def test_both_catalogues_hold_the_same_sources():
    assert {p.name for p in (TEMPLATES / "es").iterdir()} == {p.name for p in (TEMPLATES / "en").iterdir()}


def test_dates_1_an_exclusive_end_reads_as_the_last_day_before_it():
    text = render(MailKind.NOTICE, "es", sample()).text
    assert "5 de diciembre de 2026" in " ".join(text.split())
    assert "4 de enero de 2027" in " ".join(text.split())


@pytest.mark.parametrize(
    ("language", "currency", "amount", "shown"),
    [
        ("es", "EUR", "1234.50", "1.234,50\u00a0€"),
        ("en", "JPY", "1234", "¥1,234"),
        ("en", "KWD", "7.5", "KWD\u00a07.500"),
    ],
)
def test_money_reads_as_the_language_writes_it(language, currency, amount, shown):
    line = StatementLine(kind="charge", description="x", amount=Decimal(amount))
    statement = Statement(currency=currency, lines=(line,), total=line.amount)
    country = "ES" if language == "es" else "US"
    assert shown in render(MailKind.STATEMENT, language, sample(statements=(statement,), country=country)).text


@pytest.mark.parametrize(
    ("description", "shown"),
    [
        ("Unused days: Equipo", "Días no usados: Equipo"),
        ("Refund: Final invoice", "Factura final"),
        ("Written off, the balance is at or under 25.00 EUR: Equipo", "· Equipo "),
        ("Equipo: mayo", "Equipo: mayo"),
        ("Unused days: Equipo, 2026-06-21 – 2027-06-20", "Días no usados: Equipo, 21 jun 2026 – 20 jun 2027"),
        ("B-2026-06-21-7, 2026-02-30", "B-2026-06-21-7, 2026-02-30"),
        ("To pay out: Credit balance", "a la cuenta que usted nos indique: Saldo a favor"),
    ],
)
def test_a_line_begins_in_the_language_of_the_mail(description, shown):
    line = StatementLine(kind="charge", description=description, amount=Decimal(0))
    statement = Statement(currency="EUR", lines=(line,), total=line.amount)
    assert shown in flowing(render(MailKind.STATEMENT, "es", sample(statements=(statement,))).text)


@pytest.mark.parametrize(
    ("language", "said", "unsaid"),
    [
        ("es", "Le debemos 12,00 € y 7,00 US$", "ni le debemos nada"),
        ("en", "We owe you 12,00 € and 7,00 US$", "we owe you nothing"),
    ],
)
def test_money_7_what_no_payment_can_take_back_is_still_owed(language, said, unsaid):
    owed = {"EUR": Decimal(12), "USD": Decimal(7)}
    text = flowing(render(MailKind.STATEMENT, language, sample(to_pay_out=owed, refunded={})).text)
    assert said in text
    assert unsaid not in text
    assert "medio de pago" not in text
    assert "means of payment" not in text


def test_an_acknowledgement_before_the_plan_says_when_the_dates_come():
    text = flowing(render(MailKind.ACKNOWLEDGEMENT, "es", sample(dates={}, sources={})).text)
    assert "Se lo enviaremos en cuanto una persona de nuestro equipo lo haya revisado." in text
    assert "Cuándo" not in text


def test_a_contract_is_cited_without_its_id():
    sources = {**SOURCES, "effective_date": "contract acc_7f3k2m-contract: notice of 3 months to the end of a quarter"}
    text = flowing(render(MailKind.NOTICE, "es", sample(sources=sources)).text)
    assert "no se renovará. — según el preaviso de su contrato" in text
    assert "acc_7f3k2m-contract" not in text


@pytest.mark.parametrize("kind", [MailKind.PLAN, MailKind.CERTIFICATE])
def test_what_is_kept_is_named_as_people_name_it(kind):
    text = flowing(render(kind, "es", sample()).text)
    shown = "Nuestras facturas y sus pagos, hasta el 5 de diciembre de 2032. — Código de Comercio (ES), art. 30"
    assert shown in text


def test_sets_of_one_ground_and_one_day_are_kept_together():
    day, about = DATES["erasure"], {"invoice": {"en": "Invoices"}}
    duties = [Duties(name=n, export=True, erase="retain", ground="law", until=day) for n in ("invoice", "odd")]
    commitments = Commitments.model_construct(data_sets=(*duties, Duties(name="task", export=True, erase="delete")))
    (kept,) = retained(commitments, about)
    assert (kept.sets, kept.ground, kept.until) == (({"en": "Invoices"}, {"": "odd"}), "law", day)


def test_amounts_are_right_aligned_in_both_twins():
    mail = render(MailKind.STATEMENT, "es", sample())
    assert mail.html.count("text-align: right") + mail.html.count("text-align:right") >= 7
    ends = {len(line) for line in mail.text.splitlines() if line.endswith("€")}
    assert len(ends) == 1


def test_messages_5_the_goodbye_announces_what_comes_and_only_that():
    kinds = [touch.kind for touch in announced(DATES, LUCIA, CADENCE, DATES["effective_date"])]
    assert kinds == ["statement", "thanks", "survey_reminder", "certificate", "come_back"]


def test_messages_2_whoever_wants_silence_is_promised_only_what_the_law_requires():
    silent = LUCIA.model_copy(update={"channel": Channel.NONE})
    kinds = [touch.kind for touch in announced(DATES, silent, CADENCE, DATES["effective_date"])]
    assert kinds == ["statement", "certificate"]


@pytest.mark.parametrize(
    ("today", "years"), [(date(2026, 3, 8), 5), (date(2026, 3, 9), 6), (date(2020, 3, 9), 0), (date(2027, 1, 1), 6)]
)
def test_messages_3_years_are_counted_in_anniversaries(today, years):
    assert whole_years(date(2020, 3, 9), today) == years


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", [MailKind.PLAN, MailKind.GOODBYE])
def test_messages_3_whom_we_put_out_is_neither_thanked_nor_accused(kind, language):
    mail = render(kind, language, sample(**PUT_OUT))
    said = (mail.subject + mail.text).lower()
    assert not re.search(r"gracias|thank|confianza|trust|puerta|door|fraud|impago|non-payment", said)
    assert "error" in said or "mistake" in said


@pytest.mark.parametrize(("language", "said"), [("es", "no hay nada que pagar"), ("en", "there is nothing to pay")])
def test_money_4_the_accounts_are_announced_before_they_are_sent(language, said):
    text = flowing(render(MailKind.GOODBYE, language, sample(opened=(STATEMENT,))).text)
    assert said in text
    assert "9 de diciembre de 2026 esperamos" in text or "Until 9 December 2026 we wait" in text


@pytest.mark.parametrize(
    ("language", "pays", "gets"),
    [
        ("es", "Según esto, le quedarían por pagar 300,00 €.", "Según esto, le devolveríamos 12,00 €."),
        ("en", "As it looks, 300,00 € would be left to pay.", "As it looks, you would get back 12,00 €."),
    ],
)
@pytest.mark.parametrize("how", [{}, {"opened": (STATEMENT,)}, PUT_OUT])
def test_messages_3_what_is_foreseen_is_said_in_one_sum(language, pays, gets, how):
    kind = MailKind.GOODBYE if "opened" in how else MailKind.PLAN
    money = {"will_pay": {"EUR": Decimal(300)}, "will_get": {"EUR": Decimal(12)}}
    assert pays in (text := flowing(render(kind, language, sample(**how, **money)).text))
    assert gets in text


@pytest.mark.parametrize(
    ("language", "stays", "goes_on"),
    [("es", "la cuenta sigue en pausa", "nada cambia"), ("en", "the account stays paused", "othing changes")],
)
@pytest.mark.parametrize("kind", [MailKind.PLAN, MailKind.NOTICE])
def test_modes_4_who_leaves_out_of_a_pause_is_not_told_that_nothing_changes(kind, language, stays, goes_on):
    paused = {"dates": {**DATES, "billing_end": DATES["requested"]}}
    texts = [flowing(render(kind, language, sample(**how)).text) for how in ({}, paused)]
    assert [(stays in text, goes_on in text) for text in texts] == [(False, True), (True, False)]


@pytest.mark.parametrize(
    ("language", "debt", "small"),
    [
        ("es", "Queda por pagar 300,00 €.", "Le perdonamos 12,00 €: era poco. Nadie se lo va a reclamar"),
        ("en", "300,00 € is still to pay.", "We forgive 12,00 €: it was small. Nobody will ask you for it"),
    ],
)
def test_money_6_a_small_debt_is_forgiven_and_a_larger_one_named(language, debt, small):
    texts = [
        flowing(render(MailKind.STATEMENT, language, sample(**how)).text)
        for how in ({"to_pay": {"EUR": Decimal(300)}}, {"forgiven": {"EUR": Decimal(12)}})
    ]
    assert [debt in text for text in texts] == [True, False]
    assert [small in text for text in texts] == [False, True]
    assert ["Todo queda a cero" in text or "All comes to zero" in text for text in texts] == [False, True]


@pytest.mark.parametrize(
    ("language", "done", "coming"),
    [("es", "Le hemos devuelto", "Le están llegando"), ("en", "has gone back", "is on its way")],
)
def test_money_7_refunded_is_said_only_of_what_the_provider_has_confirmed(language, done, coming):
    part = {"EUR": Decimal(12)}
    texts = [
        flowing(render(MailKind.STATEMENT, language, sample(refunded=back, on_its_way=way)).text)
        for back, way in ((part, {}), ({}, part))
    ]
    assert [done in text for text in texts] == [True, False]
    assert [coming in text for text in texts] == [False, True]


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", [MailKind.EXPORT_READY, MailKind.RETRIEVAL_REMINDER, MailKind.GOODBYE])
def test_trust_16_the_link_to_the_package_is_whole_in_both_twins(kind, language):
    link = Links("https://bajas.example", "A" * 43 + "=").to_package(
        "acc_7f3k2m-1", "acc_7f3k2m", DATES["retrieval_end"]
    )
    mail = render(kind, language, sample(link=link))
    assert f'<a href="{link}"' in mail.html
    assert f"<{link}>" in mail.text.splitlines()
    assert "http" not in mail.subject


OF_MARKETING = [MailKind.THANKS, MailKind.SURVEY_REMINDER, MailKind.COME_BACK]
PAGES = {
    "portal": "https://f.example/exit/T",
    "opt_out": "https://f.example/opt-out/T",
    "survey": "https://f.example/survey/T",
    "refund_policy_url": "https://b.example/refunds",
}


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", OF_MARKETING)
def test_messages_8_whatever_nobody_must_get_shows_how_to_get_no_more(kind, language):
    mail = render(kind, language, sample(**PAGES))
    assert f'href="{PAGES["opt_out"]}"' in mail.html
    assert f"<{PAGES['opt_out']}>" in mail.text
    assert PAGES["opt_out"] in short(kind, language, sample(**PAGES)).text


@pytest.mark.parametrize("language", ["es", "en"])
def test_messages_7_the_goodbye_leads_to_the_survey_the_refund_policy_the_choices_and_the_way_back(language):
    mail = render(MailKind.GOODBYE, language, sample(**PAGES))
    for page in (PAGES["survey"], PAGES["refund_policy_url"], f"{PAGES['portal']}/choices", f"{PAGES['portal']}/stay"):
        assert f'href="{page}"' in mail.html
        assert f"<{page}>" in mail.text
    assert "ayuda@bancada.example" in mail.text
    assert PAGES["opt_out"] not in mail.html, "it is owed"


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", [MailKind.GOODBYE, MailKind.THANKS])
def test_messages_3_they_read_how_long_how_many_what_and_with_whom(kind, language):
    text = flowing(render(kind, language, sample()).text)
    told = {
        "es": ("eis años", "24 personas", "1.204 órdenes de trabajo y 310 máquinas"),
        "en": ("ix years", "24 people", "1.204 work orders and 310 machines"),
    }
    for part in (*told[language], "Ana Belmonte"):
        assert part in text


@pytest.mark.parametrize("kind", [*OF_MARKETING, MailKind.ACKNOWLEDGEMENT, MailKind.PLAN, MailKind.GOODBYE])
def test_messages_3_the_managers_line_stands_in_the_mail_as_text(kind):
    mail = render(kind, "es", sample(line="**Ana** {{7*7}} <b>[x](http://evil.example)"))
    assert "**Ana** {{7*7}} <b>[x](http://evil.example)" in flowing(mail.text)
    assert not {"a", "b"} & set(Words(mail.html).tags)


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not MailKind.COME_BACK])
def test_messages_3_nobody_is_asked_to_stay(kind, language):
    said = render(kind, language, sample(**PAGES)).text.lower()
    assert not re.search(
        r"quédese|no se vaya|le echaremos de menos|por favor|please|stay with us|miss you|sorry to see", said
    )


def test_a_link_within_words_is_a_number_in_the_text_and_its_address_stands_at_the_end():
    text = render(MailKind.THANKS, "en", sample(**PAGES)).text
    assert "Don't write to me any\nmore\u00a0[1]." in text
    assert text.endswith(f"\n[1] <{PAGES['opt_out']}>\n")


def test_a_paragraph_that_is_a_link_is_a_button():
    html = render(MailKind.SURVEY_REMINDER, "en", sample(**PAGES)).html
    assert html.count('class="action"') == 1


@pytest.mark.parametrize("kind", [MailKind.ACKNOWLEDGEMENT, MailKind.HOLD])
def test_messages_2_a_call_has_a_script_and_what_has_none_is_told_by_its_mail(kind):
    told = script(kind, "es", sample(hours=(9, 14)))
    assert "entre las 9:00 y las 14:00" in flowing(told.text)
    assert (render(kind, "es", sample()).text in told.text) == (kind is MailKind.HOLD)
