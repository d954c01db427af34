"""What is watched after the seal, and how it's sealed; keys rotate meanwhile. DOMAIN audit.1, audit.2, erasure.5."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from joserfc.jwk import OKPKey

from commands.pack_check import check_pack
from connectors.errors import NotFound, Rejected
from models.plan import Duties
from models.processors import Asked, Confirmed
from rules.signature import public_key, public_keys, verify
from rules.watches import watches
from tests.fakes.packs import POLICY, SIGNER, evidence
from tests.fakes.papers import AT, CASE, plan

ROTATED = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))
FOLDER = f"{CASE}/supplements"


@pytest.fixture
def closing(tmp_path):
    """Sealed, and two things have happened since."""
    closing = evidence()
    closing.sealed(tmp_path / "sealed")
    closing.happened(2)
    return closing


def bucket(closing):
    return closing.objects.buckets["evidence"]


def read(closing, path):
    return json.loads(bucket(closing)[f"{FOLDER}/{path}"])


def signed(closing, path, keys=None):
    return verify(bucket(closing)[f"{FOLDER}/{path}"].decode(), keys or public_keys(SIGNER))


def with_processor(closing):
    """The plan names a sub-processor, which was asked once."""
    sets = (Duties(name="processor/mailer", export=False, erase="delete"), *plan().commitments.data_sets)
    commitments = plan().commitments.model_copy(update={"data_sets": sets})
    closing.store.the_plan = plan().model_copy(update={"commitments": commitments})
    asked = Asked(name="mailer", key="k", asked=1, asked_at=AT, reference="T-1")
    closing.store.keep_document(CASE, "processor", "asked", asked.model_dump(mode="json"), AT)
    return closing


def test_audit_1_a_supplement_names_pack_ledger_and_the_one_before(closing, tmp_path):
    closing.watched("scan", 1, result={"found": "2 session", "left": "nothing"})
    closing.happened(3)
    closing.watched("charges", 2)
    first, second = signed(closing, "0001-scan/supplement.jws"), signed(closing, "0002-charges/supplement.jws")
    assert first["result"] == {"found": "2 session", "left": "nothing"}
    assert (first["previous"], first["ledger"]["from"], first["ledger"]["to"]) == (None, 9, 10)
    assert (second["ledger"]["from"], second["ledger"]["to"]) == (11, 13)
    assert set(first["files"]) == {"ledger.jsonl", "keys.json"}
    assert len(bucket(closing)[f"{FOLDER}/0002-charges/ledger.jsonl"].splitlines()) == 3
    report = check_pack(closing.fetched(tmp_path / "fetched"))
    assert (report.findings, report.supplements, report.entries) == ((), 2, 8)


def test_audit_1_a_second_run_writes_the_same_bytes_though_ledger_clock_and_key_have_moved(closing):
    closing.watched("backups", 1)
    before = dict(bucket(closing))
    del bucket(closing)[f"{FOLDER}/0001-backups/supplement.jws"], bucket(closing)[f"{CASE}/seal.jws"]
    closing.happened(2)
    closing.at += timedelta(hours=7)
    closing.sign_with(ROTATED)
    closing.watched("backups", 1)
    closing.run("seal_pack")
    assert bucket(closing) == before


def test_identity_3_money_9_what_outside_systems_answered_since_the_last_seal_is_in_the_supplement(closing):
    def answered(number):
        body = {"receipts": [{"system": "billing", "action": "refund", "reference": f"re_{number}"}]}
        closing.store.keep_document(CASE, "receipts", f"late{number}", body, closing.at)

    closing.watched("scan", 1)
    answered(1)
    closing.watched("charges", 2)
    answered(2)
    for _ in range(2):
        closing.watched("charges", 3)
    assert f"{FOLDER}/0001-scan/receipts.json" not in bucket(closing)
    for number in (1, 2):
        (receipt,) = read(closing, f"000{number + 1}-charges/receipts.json")
        assert receipt["reference"] == f"re_{number}"


def test_audit_2_a_broken_ledger_is_never_sealed_into_a_supplement(closing):
    closing.ledger.chain[8] = closing.ledger.chain[8].model_copy(update={"actor": "nobody"})
    with pytest.raises(Rejected, match="entry 9"):
        closing.watched("scan", 1)


def test_no_supplement_without_the_pack_or_the_one_before_it(closing):
    with pytest.raises(NotFound, match="seal"):
        evidence().watched("scan", 1)
    with pytest.raises(NotFound, match="supplement 1"):
        closing.watched("scan", 2)


def test_everything_is_locked_from_its_own_day_for_the_years_of_the_policy(closing):
    closing.at += timedelta(days=3000)
    closing.watched("backups", 1)
    until = closing.objects.locked_until[f"{FOLDER}/0001-backups/certificate.pdf"]
    assert until >= closing.at.replace(year=closing.at.year + POLICY.house.evidence_years)


# -- certificates that replace others


def test_erasure_5_when_the_backups_have_expired_a_certificate_says_so_and_names_the_one_it_replaces(closing):
    (first,) = closing.store.documents(CASE, "certificate")
    closing.at = datetime.fromisoformat(first["claims"]["backups_expire"])
    closing.watched("backups", 1)
    claims = signed(closing, "0001-backups/certificate.jws")
    assert (claims["number"], claims["supersedes"]) == (2, first["digest"])
    assert claims["changed"] == "the backups have expired"
    assert claims["backups_expire"] == first["claims"]["backups_expire"]
    assert any("has ended by its schedule" in said for said in claims["statements"])
    assert not any("still hold the data" in said for said in claims["statements"])
    assert bucket(closing)[f"{FOLDER}/0001-backups/certificate.pdf"].startswith(b"%PDF")


def test_erasure_1_a_retained_set_that_was_erased_is_on_a_new_certificate(closing):
    ended = {"name": "invoice", "before": 9, "erased": 9, "kept": 0, "after": 0, "ground": "tax"}
    closing.store.keep_document(CASE, "retention_end", "ended", {**ended, "at": AT.isoformat()}, AT)
    closing.watched("retained", 1, "invoice")
    sets = {each["name"]: each for each in signed(closing, "0001-retained/certificate.jws")["data_sets"]}
    assert sets["invoice"]["method"] == "kept by law, then deleted when its time was over"
    assert (sets["invoice"]["before"], sets["invoice"]["after"], sets["invoice"]["kept"]) == (9, 0, 0)
    assert sets["event"]["method"] == "personal columns overwritten, rows kept"


def test_erasure_1_the_account_s_own_row_that_went_with_the_last_retained_set_is_certified_so(closing):
    ended = {"name": "invoice", "before": 9, "erased": 9, "kept": 0, "after": 0, "root": "deleted", "root_set": "event"}
    closing.store.keep_document(CASE, "retention_end", "ended", {**ended, "at": AT.isoformat()}, AT)
    closing.watched("retained", 1, "invoice")
    sets = {each["name"]: each for each in signed(closing, "0001-retained/certificate.jws")["data_sets"]}
    assert sets["event"]["method"].endswith("deleted with the last rows that needed it")
    assert (sets["event"]["after"], sets["event"]["kept"]) == (0, 0)


def test_what_isn_t_watched_any_more_changes_no_certificate_and_an_answer_does(closing):
    with_processor(closing)
    closing.watched("chase", 1, "mailer", {"returned": "yes"})
    assert f"{FOLDER}/0001-chase/certificate.jws" not in bucket(closing)
    told = Confirmed(name="mailer", by="dora", confirmed_at=AT + timedelta(days=8))
    closing.store.keep_document(CASE, "processor_confirmed", "told", told.model_dump(mode="json"), AT)
    closing.watched("chase", 2, "mailer", {"confirmed": "yes"})
    (processor,) = signed(closing, "0002-chase/certificate.jws")["processors"]
    assert (processor["confirmed_at"][:10], processor["recorded_by"]) == ("2026-03-09", "dora")


def test_stages_3_the_certificate_says_who_was_asked_and_who_has_not_confirmed(tmp_path):
    closing = with_processor(evidence())
    closing.run("sign_certificate")
    claims = closing.store.documents(CASE, "certificate")[0]["claims"]
    (processor,) = claims["processors"]
    assert (processor["name"], processor["asked"], processor["confirmed_at"]) == ("mailer", 1, None)
    assert not any(each["name"].startswith("processor/") for each in claims["data_sets"])
    assert any("have not said that all is gone" in said for said in claims["statements"])


def test_nothing_is_certified_while_a_sub_processor_was_never_asked_or_the_key_stands():
    closing = with_processor(evidence())
    del closing.store.kept["asked"]
    with pytest.raises(Rejected, match="mailer was never asked"):
        closing.run("sign_certificate")
    standing = evidence()
    del standing.store.kept["key"]
    with pytest.raises(NotFound, match="key_destruction"):
        standing.run("sign_certificate")


# -- keys


def test_erasure_5_a_pack_of_before_a_rotation_verifies_by_the_keys_published_after_it(closing, tmp_path):
    closing.sign_with(ROTATED)
    closing.watched("scan", 1)
    published = tmp_path / "published.json"
    published.write_text(json.dumps(closing.keys.publish(public_key(ROTATED))))
    folder = closing.fetched(tmp_path / "fetched")
    assert check_pack(folder, published).findings == ()
    assert check_pack(folder).findings == ()
    assert len(read(closing, "0001-scan/keys.json")["keys"]) == 2


def test_audit_2_a_supplement_signed_by_an_unknown_key_is_told(closing, tmp_path):
    closing.sign_with(ROTATED)
    closing.watched("scan", 1)
    published = tmp_path / "published.json"
    published.write_text(json.dumps(public_keys(SIGNER)))
    (finding,) = check_pack(closing.fetched(tmp_path / "fetched"), published).findings
    assert finding.startswith("supplements/0001-scan/supplement.jws: its signature doesn't hold (it was signed by the")
    assert OKPKey.import_key(json.loads(ROTATED)).thumbprint() in finding


def test_erasure_5_the_certificate_verifies_without_our_library(closing):
    """By hand, as any JOSE library does: RFC 7515, 5.2, and RFC 8037."""
    token = bucket(closing)[f"{CASE}/data/certificate.jws"].decode()
    keys = {key["kid"]: key for key in json.loads(bucket(closing)[f"{CASE}/data/keys.json"])["keys"]}
    header, payload, signature = token.split(".")
    told = json.loads(unpadded(header))
    assert told["alg"] == "EdDSA"
    public = Ed25519PublicKey.from_public_bytes(unpadded(keys[told["kid"]]["x"]))
    public.verify(unpadded(signature), f"{header}.{payload}".encode())
    assert json.loads(unpadded(payload))["case"] == CASE


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# -- what is to be watched


def test_identity_3_money_9_erasure_5_what_is_watched_after_the_seal_and_when(tmp_path):
    closing = with_processor(evidence())
    closing.sealed(tmp_path)
    planned = closing.run("plan_watches").watches
    assert [(each.kind, each.subject) for each in planned if each.kind != "charges"] == [
        ("scan", "-"),
        ("chase", "mailer"),
        ("scan", "-"),
        ("backups", "-"),
    ]
    scans = [each.at for each in planned if each.kind == "scan"]
    assert [at.isoformat() for at in scans] == ["2026-03-05T00:00:00+01:00", "2026-04-01T00:00:00+02:00"]


def test_stages_3_a_word_that_comes_after_the_certificate_is_still_looked_at_so_that_it_is_issued_anew(tmp_path):
    closing = with_processor(evidence())
    closing.sealed(tmp_path)
    told = Confirmed(name="mailer", by="dora", confirmed_at=AT + timedelta(days=1))
    closing.store.keep_document(CASE, "processor_confirmed", "told", told.model_dump(mode="json"), AT)
    assert "mailer" in [each.subject for each in closing.run("plan_watches").watches if each.kind == "chase"]


def test_erasure_1_each_retained_set_is_watched_until_its_own_day():
    until = datetime(2032, 3, 1, tzinfo=UTC)
    kept = Duties(name="invoice", export=True, erase="retain", ground="tax", until=until)
    commitments = plan().commitments.model_copy(update={"data_sets": (kept,)})
    planned = watches(commitments, POLICY, AT, AT + timedelta(days=35), [])
    assert [(each.subject, each.at) for each in planned if each.kind == "retained"] == [("invoice", until)]


def test_money_9_only_the_looks_that_are_still_to_come_are_watched():
    commitments = plan().commitments
    days = POLICY.late_charges[0].look_after_days
    planned = watches(commitments, POLICY, AT + timedelta(days=max(days) - 1), AT, [])
    assert len([each for each in planned if each.kind == "charges"]) == 1
    later = watches(commitments, POLICY, AT + timedelta(days=999), AT, [])
    assert not [each for each in later if each.kind == "charges"]


def test_nothing_is_planned_before_the_seal():
    with pytest.raises(NotFound):
        evidence().run("plan_watches")
