"""`farewell message`, as people type it."""

import json
from types import SimpleNamespace

import pytest

import starter
import worker
from activities.facts import Facts, line_key
from activities.product_use import used
from activities.sample_customer import sample
from commands import doctor
from connectors.configuration import WrongSetting
from connectors.keys import FolderKeyStore
from connectors.store.cases import SqlCaseStore
from connectors.store.directory import SqlDirectory
from connectors.store.engine import migrate, open_engine
from connectors.store.ledger import SqlLedger
from connectors.store.outbox import SqlOutbox
from models.effects import MessageRequest
from models.keys import KeyScope
from models.messages import Draft
from models.tables.accounts import PersonRow
from models.vocabulary import Channel, MailKind, Stage
from rules.links import Links
from tests.contract.sample_account import AT, add_account, request_for
from tests.unit.sample_facts import INVENTORY, POLICY
from tests.unit.sample_plan import keep_plan


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/farewell.db")
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def at(engine, tmp_path, monkeypatch):
    """The connections that the commands open."""
    monkeypatch.setenv("FAREWELL_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("FAREWELL_MESSAGES_FOLDER", raising=False)
    settings = SimpleNamespace(
        public_url="https://f.example", messages_folder=None, acting_as="ana", embedded=False, link_key=None
    )
    at = SimpleNamespace(
        cases=SqlCaseStore(engine),
        outbox=SqlOutbox(engine),
        directory=SqlDirectory(engine),
        ledger=SqlLedger(engine),
        keys=FolderKeyStore(tmp_path / "keys", "A" * 43 + "="),
        policy=POLICY,
        inventory=INVENTORY,
        settings=settings,
    )
    monkeypatch.setattr("commands.session.connections", lambda: at)
    return at


@pytest.fixture
def account(engine, at):
    """An account that leaves, with its plan."""
    account = add_account(engine)
    at.cases.open_case(request_for(account), AT)
    keep_plan(engine, account)
    return account


def farewell(capsys, *arguments):
    code = int(starter.run(("message", *arguments)))
    out, err = capsys.readouterr()
    return code, out, err


def prepare(at, account, kind, state="sending", **more):
    domain = POLICY.sender.address.rpartition("@")[2]
    draft = Draft(
        **{
            "message_id": f"{account}-1.{kind}.1@{domain}",
            "case": f"{account}-1",
            "account": account,
            "kind": kind,
            "channel": Channel.EMAIL,
            "language": "es",
            "recipient": "l@m.example",
            "sender": "us",
            "subject": "s",
            "text": "t",
            "html": "",
            **more,
        }
    )
    at.outbox.prepare(draft)


def test_each_kind_is_listed_with_its_languages(at, capsys):
    code, out, _ = farewell(capsys, "list", "--json")
    kinds = {row["kind"]: row for row in json.loads(out)}
    assert code == 0
    assert set(kinds) == set(MailKind)
    assert {row["languages"] for row in kinds.values()} == {"en es"}
    assert (kinds["plan"]["goes"], kinds["thanks"]["goes"]) == ("always", "unless opted out")


def test_what_became_of_an_accounts_messages_is_listed(at, account, capsys):
    prepare(at, account, MailKind.ACKNOWLEDGEMENT)
    at.outbox.skipped(f"{account}-1.acknowledgement.1@{POLICY.sender.address.rpartition('@')[2]}", "no address", "x")
    prepare(at, account, MailKind.PLAN)
    code, out, _ = farewell(capsys, "list", "--account", account, "--json")
    told = [(row["kind"], row["state"], row["why"]) for row in json.loads(out)]
    assert (code, told) == (0, [("acknowledgement", "skipped", "no address"), ("plan", "sending", "")])


def test_a_made_up_customer_shows_a_message_without_anybody_leaving(at, capsys):
    code, out, _ = farewell(capsys, "preview", "goodbye", "--language", "es")
    assert code == 0
    assert "Subject: Gracias, y hasta cuando usted quiera" in out
    assert "a made-up customer" in out


def test_a_preview_is_of_the_account_and_leaves_nothing_behind(at, account, capsys, tmp_path):
    page = tmp_path / "goodbye.html"
    code, out, _ = farewell(capsys, "preview", "goodbye", "--account", account, "--language", "es", "--html", str(page))
    assert code == 0
    assert at.directory.facts(account).account.name in " ".join(out.split())
    assert "not known yet: the package's link" in out
    assert "<main>" in page.read_text(encoding="utf-8")
    assert (at.outbox.messages(f"{account}-1"), at.outbox.waiting(f"{account}-1")) == ([], [])
    assert at.ledger.entries(f"{account}-1") == []


def test_trust_16_the_links_of_a_preview_open_nothing(at, account, capsys):
    told = [json.loads(farewell(capsys, "preview", "plan", "--account", account, "--json")[1]) for _ in range(2)]
    assert "https://f.example/exit/" in told[0]["text"]
    assert told[0]["text"] != told[1]["text"], "each is signed with a key that nobody keeps"


@pytest.mark.parametrize(("channel", "said"), [("sms", "hemos recibido"), ("phone", "Qué decir")])
def test_messages_2_a_preview_shows_each_channel(at, account, capsys, channel, said):
    code, out, _ = farewell(
        capsys, "preview", "acknowledgement", "--account", account, "--language", "es", "--channel", channel
    )
    assert (code, said in out) == (0, True)


def test_copies_are_edited_checked_and_never_overwritten(at, capsys, tmp_path, monkeypatch):
    folder = tmp_path / "ours"
    assert farewell(capsys, "copy", "thanks", "short.toml", "--to", str(folder), "--language", "es")[0] == 0
    assert sorted(path.name for path in folder.rglob("*.*")) == ["short.toml", "thanks.md"]
    code, _, err = farewell(capsys, "copy", "thanks", "--to", str(folder))
    assert (code, "stands already" in err) == (4, True)
    assert farewell(capsys, "check", str(folder))[0] == 0
    source = folder / "es/thanks.md"
    source.write_text(source.read_text(encoding="utf-8").replace("signed_by", "signd_by"), encoding="utf-8")
    code, out, _ = farewell(capsys, "check", str(folder))
    assert code == 6
    assert "es/thanks.md:8: no message knows a value signd_by (did you mean signed_by?)" in out
    monkeypatch.setenv("FAREWELL_MESSAGES_FOLDER", str(folder))
    assert farewell(capsys, "check", "--json")[0] == 6
    code, _, err = farewell(capsys, "preview", "thanks", "--language", "es")
    assert (code, "es/thanks.md:8" in err) == (6, True)


def test_trust_15_doctor_and_worker_refuse_faulty_copies_by_file_line_and_variable(at, tmp_path):
    (tmp_path / "es").mkdir()
    (tmp_path / "es/closing.md").write_text("{{ signed_bye }}\n", encoding="utf-8")
    at.settings.messages_folder = tmp_path
    at.objects = SimpleNamespace(check=lambda *_, **__: None)
    at.settings.s3_export_bucket = at.settings.s3_evidence_bucket = "b"
    for name in ("product", "processors", "access", "contracts", "messenger"):
        setattr(at, name, None)
    for refused in (doctor._messages, worker.check):
        with pytest.raises(
            WrongSetting, match=r"FAREWELL_MESSAGES_FOLDER: es/closing.md:1: no message knows a value signed_bye"
        ):
            refused(at)


def test_bad_words_get_one_line_and_their_code(at, account, capsys, tmp_path):
    assert farewell(capsys, "copy", "farewel", "--to", str(tmp_path))[0] == 3
    assert farewell(capsys, "copy")[0] == 2
    assert farewell(capsys, "preview", "nothing")[0] == 2
    assert farewell(capsys, "preview", "briefing")[0] == 4
    assert farewell(capsys, "preview", "thanks", "--language", "tlh")[0] == 2
    assert farewell(capsys, "preview", "thanks", "--account", "nobody")[0] == 3
    assert farewell(capsys, "preview", "thanks", "--html", str(tmp_path / "no/where.html"))[0] == 2
    assert farewell(capsys, "check", str(tmp_path / "none"))[0] == 6


def test_messages_3_the_manager_adds_a_line_until_the_message_is_written(at, account, capsys):
    said = "Me quedo con la puesta en marcha de Tudela."
    assert farewell(capsys, "line", account, "goodbye", said, "--as", "ana")[0] == 0
    assert at.cases.note(line_key(f"{account}-1", MailKind.GOODBYE)) == said
    out = farewell(capsys, "preview", "goodbye", "--account", account, "--language", "es")[1]
    assert said in " ".join(out.split())
    entries = [(entry.actor, entry.action, entry.subject) for entry in at.ledger.entries(f"{account}-1")]
    assert entries == [("ana", "message_line", "goodbye")]
    assert farewell(capsys, "line", account, "goodbye", "", "--as", "ana")[0] == 0
    assert at.cases.note(line_key(f"{account}-1", MailKind.GOODBYE)) == ""
    prepare(at, account, MailKind.GOODBYE)
    code, _, err = farewell(capsys, "line", account, "goodbye", said, "--as", "ana")
    assert (code, "is written already (sending)" in err) == (4, True)


@pytest.mark.parametrize("kind", ["statement", "certificate", "hold", "briefing"])
def test_a_document_holds_no_line(at, account, capsys, kind):
    assert farewell(capsys, "line", account, kind, "x", "--as", "ana")[0] == 4


def test_only_an_account_manager_adds_a_line(at, account, capsys, engine):
    from connectors.store.sessions import writing

    with writing(engine) as session:
        session.add(PersonRow(id="zoe", name="Zoe", email="z@x", roles=["compliance"]))
    assert farewell(capsys, "line", account, "goodbye", "x", "--as", "zoe")[0] == 4


def test_erasure_7_a_line_is_a_note_and_goes_with_the_account(at, account, capsys):
    farewell(capsys, "line", account, "thanks", "Hasta pronto.", "--as", "ana")
    assert at.directory.erase(account, "notes") == (1, 1)
    assert at.cases.note(line_key(f"{account}-1", MailKind.THANKS)) is None


def test_after_the_erasure_nobody_adds_a_line(at, account, capsys):
    at.keys.sealing(KeyScope.of_account(account))
    at.keys.destroy(KeyScope.of_account(account), AT)
    code, _, err = farewell(capsys, "line", account, "thanks", "x", "--as", "ana")
    assert (code, "was erased" in err) == (4, True)


def test_messages_2_what_to_say_is_what_the_task_was_opened_with(at, account, capsys):
    code, out, _ = farewell(capsys, "script", account, "acknowledgement")
    assert code == 0
    assert "What to say" in out or "Qué decir" in out
    prepare(
        at, account, MailKind.ACKNOWLEDGEMENT, channel=Channel.PHONE, text="as it was written", recipient="+34600111222"
    )
    assert farewell(capsys, "script", account, "acknowledgement")[1] == "Call +34600111222\n\nas it was written\n"


def test_a_made_up_customer_has_every_value_that_is_gathered_of_a_real_one(at, account):
    request = MessageRequest(
        case=f"{account}-1", account=account, stage=Stage.NOTICE, step="send_message", kind=MailKind.THANKS
    )
    reader = at.outbox.reader(request.case, account)
    facts = Facts(at.cases, POLICY.sender, INVENTORY, Links("https://f.example", "A" * 43 + "="))
    gathered = facts.values(request, reader, at.cases.plans(request.case)[-1], AT)
    assert gathered.keys() == sample("").keys()
    assert [bool(gathered[name]) for name in ("portal", "opt_out", "survey")] == [True, True, True]
    documents = request.model_copy(update={"kind": MailKind.PLAN})
    assert facts.values(documents, reader, None, AT)["opt_out"] is None
    assert Facts(at.cases, POLICY.sender, INVENTORY).values(request, reader, None, AT)["portal"] is None


def test_messages_3_what_they_used_is_counted_by_the_verified_package(at, account):
    rows = [{"name": "work_order", "rows": 1204}, {"name": "asset", "rows": 1}, {"name": "session", "rows": 9}]
    told = used([{"data_sets": rows}], INVENTORY)
    assert [(each.count, each.tell["en"]) for each in told] == [(1204, "work orders")]
    assert used([], INVENTORY) == ()
