"""The certificate says what happened, and nothing that nobody counted; histories lose the personal."""

import base64
import json

import pytest
from joserfc.jwk import OKPKey
from temporalio.testing import ActivityEnvironment

from activities.ledger import keyed_digest
from activities.scrub import scrubbed
from connectors.errors import NotFound, Rejected
from models.vocabulary import Stage
from rules.signature import SignatureRefused, public_keys, sign, verify
from tests.fakes.evidence import OneKey
from tests.fakes.packs import SIGNER, evidence
from tests.fakes.papers import CASE, evidence_request, plan

KEY = OneKey().digest_key("acme")


def signed(closing):
    ActivityEnvironment().run(closing.activities.sign_certificate, evidence_request("sign_certificate"))
    (document,) = closing.store.documents(CASE, "certificate")
    return document


def test_the_certificate_lists_each_data_set_with_method_counts_and_what_is_kept():
    claims = verify(signed(evidence())["jws"], public_keys(SIGNER))
    sets = {data_set["name"]: data_set for data_set in claims["data_sets"]}
    assert list(sets) == [duty.name for duty in plan().commitments.data_sets]
    assert (sets["task"]["before"], sets["task"]["after"], sets["task"]["kept"]) == (9, 0, 0)
    assert (sets["invoice"]["before"], sets["invoice"]["after"], sets["invoice"]["kept"]) == (9, 9, 9)
    assert (sets["invoice"]["method"], sets["invoice"]["why"]) == ("kept by law, untouched", "tax")
    assert claims["plan"] == plan().hash
    assert claims["package"] == "sha256:package"
    assert claims["statement"] == "sha256:statement"
    assert [a["person"] for a in claims["approvals"]] == ["bruno", "dora"]


def test_the_certificate_doesnt_claim_what_wasnt_done():
    claims = signed(evidence())["claims"]
    assert any("Nothing is claimed about the physical destruction" in line for line in claims["statements"])
    assert "everywhere" not in json.dumps(claims)
    assert "Acme" not in json.dumps(claims)


def test_backups_expire_a_whole_rotation_after_the_signing_even_if_the_window_was_extended():
    late = evidence(days_late=10)
    assert late.run("sign_certificate") is not None
    claims = late.store.documents(CASE, "certificate")[0]["claims"]
    assert claims["issued_at"][:10] == "2026-03-11"
    assert claims["backups_expire"][:10] == "2026-04-15"


def test_a_second_run_answers_with_the_first_certificate():
    closing = evidence()
    first = closing.run("sign_certificate")
    assert closing.run("sign_certificate") == first
    assert len(closing.store.documents(CASE, "certificate")) == 1


def test_nothing_is_certified_that_wasnt_purged():
    closing = evidence()
    del closing.store.kept["purge:task"]
    with pytest.raises(Rejected, match="task"):
        signed(closing)


def test_nothing_is_certified_without_a_clean_recount():
    closing = evidence()
    del closing.store.kept["recount"]
    with pytest.raises(NotFound, match="recount"):
        signed(closing)


def test_the_same_claims_give_the_same_bytes_and_another_library_could_check_them():
    assert sign({"b": 1, "a": "ñ"}, SIGNER) == sign({"a": "ñ", "b": 1}, SIGNER)
    header, _, _ = sign({"a": 1}, SIGNER).split(".")
    assert json.loads(base64.urlsafe_b64decode(header + "==")) == {
        "alg": "EdDSA",
        "kid": OKPKey.import_key(json.loads(SIGNER)).thumbprint(),
    }
    assert "d" not in public_keys(SIGNER)["keys"][0]


def test_another_key_or_no_token_is_refused():
    other = public_keys(json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True)))
    for token in (sign({"a": 1}, SIGNER), "", "a.b.c", "é"):
        with pytest.raises(SignatureRefused):
            verify(token, other)
    for keys in ({}, {"keys": "no"}, {"keys": [{"kty": "oct", "k": "AAAA"}]}):
        with pytest.raises(SignatureRefused):
            verify(sign({"a": 1}, SIGNER), keys)


def payload(value, encoding=b"json/plain"):
    return {
        "metadata": {"encoding": base64.b64encode(encoding).decode()},
        "data": base64.b64encode(json.dumps(value).encode()).decode(),
    }


def test_personal_texts_and_identities_leave_a_history_and_nothing_else_does():
    personal = payload(
        {"reason": {"text": "Eva is ill", "hmac": None}, "n": 1.5, "list": [{"text": "x", "hmac": None}]}
    )
    answer, binary = payload({"text": "withdrawn"}), payload("raw", b"binary/plain")
    history = {"events": [{"identity": "7@evas-laptop", "input": {"payloads": [personal, answer, binary]}}]}
    clean = scrubbed(history, KEY)
    (event,) = clean["events"]
    assert event["identity"] == keyed_digest(KEY, "7@evas-laptop")
    assert event["input"]["payloads"][1:] == [answer, binary]
    assert json.loads(base64.b64decode(event["input"]["payloads"][0]["data"])) == {
        "reason": {"text": None, "hmac": keyed_digest(KEY, "Eva is ill")},
        "n": 1.5,
        "list": [{"text": None, "hmac": keyed_digest(KEY, "x")}],
    }
    assert scrubbed(clean["events"][0]["input"], KEY) == clean["events"][0]["input"]


def test_waiting_for_the_end_asks_until_every_workflow_has_ended(monkeypatch):
    monkeypatch.setattr("activities.evidence.time.sleep", lambda _: None)
    closing = evidence()
    closing.histories.open = 3
    closing.run("collect_histories")
    assert closing.histories.open == 0


def test_closing_records_the_end_with_mode_and_effective_date():
    closing = evidence()
    closing.run("close_case")
    ((record, _),) = closing.store.recorded
    assert (record.stage, record.ended, record.mode) == (Stage.CLOSED, True, "stop")
    assert record.effective_date == plan().commitments.dates["effective_date"].at
