"""A sealed pack verifies offline, and every way of tampering is found and named."""

import hashlib
import json
import shutil
from datetime import timedelta

import bagit
import pytest
from joserfc.jwk import OKPKey

from activities.pack import SEAL
from commands.pack_check import check_pack
from connectors.errors import Conflict, Rejected
from models.ledger import FIRST_PREVIOUS, chained
from rules.signature import public_keys, sign
from tests.fakes.packs import POLICY, SIGNER, evidence, fact
from tests.fakes.papers import AT, CASE

OTHER = json.dumps(OKPKey.generate_key("Ed25519").as_dict(private=True))


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    return evidence().sealed(tmp_path_factory.mktemp("evidence"))


@pytest.fixture
def pack(sealed, tmp_path):
    return shutil.copytree(sealed, tmp_path / "pack")


def lines_of(pack):
    return (pack / "data/ledger.jsonl").read_bytes().splitlines(keepends=True)


def tamper(pack, change, *, cover=False):
    """Changes the ledger's lines; `cover` rewrites both manifests, as somebody without the key could."""
    (pack / "data/ledger.jsonl").write_bytes(b"".join(change(lines_of(pack))))
    if cover:
        rewrite(pack / "manifest-sha256.txt", pack)
        rewrite(pack / "tagmanifest-sha256.txt", pack)


def rewrite(manifest, pack):
    paths = [line.split("  ", 1)[1] for line in manifest.read_text().splitlines()]
    digests = ((hashlib.sha256((pack / path).read_bytes()).hexdigest(), path) for path in paths)
    manifest.write_text("".join(f"{digest}  {path}\n" for digest, path in digests))


def test_a_sealed_pack_is_sound_and_says_whether_the_signer_was_checked(pack, tmp_path):
    report = check_pack(pack)
    assert (report.findings, report.signer_checked, report.entries) == ((), False, 8)
    published = tmp_path / "keys.json"
    published.write_text(json.dumps(public_keys(SIGNER)))
    report = check_pack(pack, published)
    assert (report.findings, report.signer_checked) == ((), True)
    assert report.head == json.loads(lines_of(pack)[-1])["entry_sha256"]


def test_a_bag_validator_of_other_people_accepts_it(pack):
    assert bagit.Bag(str(pack)).validate()


def test_a_pack_signed_by_somebody_else_is_found_by_the_published_keys_alone(pack, tmp_path):
    published = tmp_path / "keys.json"
    published.write_text(json.dumps(public_keys(OTHER)))
    assert check_pack(pack).sound
    findings = check_pack(pack, published).findings
    assert [finding.split(":")[0] for finding in findings] == ["seal.jws", "data/certificate.jws"]


def flip(lines):
    return [*lines[:4], lines[4].replace(b'"done"', b'"gone"'), *lines[5:]]


def delete(lines):
    return lines[:4] + lines[5:]


def insert(lines):
    return [*lines[:4], lines[3], *lines[4:]]


def reorder(lines):
    return [*lines[:4], lines[5], lines[4], *lines[6:]]


@pytest.mark.parametrize("cover", [False, True])
@pytest.mark.parametrize("change", [flip, delete, insert, reorder])
def test_a_changed_chain_is_found_and_its_first_bad_entry_named(pack, change, cover):
    tamper(pack, change, cover=cover)
    findings = check_pack(pack).findings
    assert any(finding.startswith("data/ledger.jsonl: entry 5:") for finding in findings)
    assert any("sealed" in finding if cover else "bytes were changed" in finding for finding in findings)


@pytest.mark.parametrize("cover", [False, True])
def test_a_cut_chain_is_found_by_the_seal(pack, cover):
    tamper(pack, lambda lines: lines[:5], cover=cover)
    findings = check_pack(pack).findings
    assert "data/ledger.jsonl: holds 5 entries, 8 were sealed; it is cut or grown after entry 5" in findings


def test_a_recomputed_chain_is_found_by_the_signed_head(pack):
    def forged(lines):
        previous, out = FIRST_PREVIOUS, []
        for number in range(1, len(lines) + 1):
            entry = chained(fact(number, actor="nobody"), number, previous)
            previous = entry.entry_sha256
            out.append(json.dumps(entry.model_dump(mode="json")).encode() + b"\n")
        return out

    tamper(pack, forged, cover=True)
    assert any("entry 8: isn't the head that was sealed" in finding for finding in check_pack(pack).findings)


@pytest.mark.parametrize("path", ["data/ledger.jsonl", "data/histories/offboarding-acme-1.json", "bag-info.txt"])
def test_white_space_alone_is_found(pack, path):
    (pack / path).write_bytes((pack / path).read_bytes() + b" ")
    assert f"{path}: its bytes were changed" in check_pack(pack).findings


def test_every_single_file_is_missed_when_it_is_gone(sealed, tmp_path):
    paths = sorted(path.relative_to(sealed) for path in sealed.rglob("*") if path.is_file())
    assert len(paths) == 16
    for number, path in enumerate(paths):
        pack = shutil.copytree(sealed, tmp_path / str(number))
        (pack / path).unlink()
        assert any(path.as_posix() in finding for finding in check_pack(pack).findings), path


def test_a_file_too_many_is_found_wherever_it_is(pack):
    for path in ("extra.txt", "data/extra.txt"):
        (pack / path).write_text("x")
    findings = check_pack(pack).findings
    assert {"extra.txt: is in no manifest", "data/extra.txt: is in no manifest"} <= set(findings)


def test_a_listed_path_never_leads_out_of_the_pack(pack, tmp_path):
    (tmp_path / "secret").write_text("x")
    with (pack / "manifest-sha256.txt").open("a") as manifest:
        manifest.write(f"{'0' * 64}  ../secret\n")
    findings = check_pack(pack).findings
    assert "manifest-sha256.txt: line 12 isn't a SHA-256 and a path in the pack" in findings
    assert not any(finding.startswith("../") for finding in findings)


@pytest.mark.parametrize(
    "garbage", [b"", b"null\n", b"\xff\xfe", b'{"seq": 1e400}\n', b'{"seq": 1, "prev_sha256": 3}\n']
)
def test_garbage_instead_of_a_ledger_is_a_finding_and_no_crash(pack, garbage):
    for path in ("data/ledger.jsonl", "data/plan.json", "data/keys.json", "seal.jws"):
        (pack / path).write_bytes(garbage)
    assert not check_pack(pack).sound


def test_a_plan_that_was_changed_after_its_hash_is_found(pack):
    plan = json.loads((pack / "data/plan.json").read_text())
    plan["commitments"]["timezone"] = "UTC"
    (pack / "data/plan.json").write_text(json.dumps(plan))
    assert "data/plan.json: its hash isn't that of its commitments" in check_pack(pack).findings


def test_no_folder_is_one_clear_error(tmp_path):
    with pytest.raises(NotADirectoryError, match="is no folder"):
        check_pack(tmp_path / "nowhere")
    (tmp_path / "holiday.jpg").write_bytes(b"")
    with pytest.raises(FileNotFoundError, match="no evidence pack"):
        check_pack(tmp_path)


def test_the_pack_names_the_customer_by_id_only(sealed):
    everything = b"".join(path.read_bytes() for path in sealed.rglob("*") if path.is_file())
    for personal in (b"Acme", b"evas-laptop", "Adiós".encode()):
        assert personal not in everything


def test_sealing_again_writes_the_same_bytes_though_the_ledger_has_grown(tmp_path):
    closing = evidence()
    first = closing.sealed(tmp_path)
    before = {key: bytes(body) for key, body in closing.objects.buckets["evidence"].items()}
    closing.happened(3)
    del closing.objects.buckets["evidence"][f"{CASE}/{SEAL}"]
    closing.at += timedelta(hours=5)
    result = closing.run("seal_pack")
    assert closing.objects.buckets["evidence"] == before
    assert (result.entries, result.location) == (8, "s3://evidence/acme-1/")
    assert check_pack(first).entries == 8


def test_everything_is_locked_for_the_years_of_the_policy(tmp_path):
    closing = evidence()
    closing.sealed(tmp_path)
    assert set(closing.objects.locked_until) == set(closing.objects.buckets["evidence"])
    years_later = AT.replace(year=AT.year + POLICY.house.evidence_years)
    assert all(until >= years_later for until in closing.objects.locked_until.values())


def test_other_bytes_under_the_same_name_are_a_conflict_never_overwritten(tmp_path):
    closing = evidence()
    closing.sealed(tmp_path)
    closing.objects.buckets["evidence"][f"{CASE}/data/receipts.json"] = b"[]"
    with pytest.raises(Conflict):
        closing.run("seal_pack")


def test_a_broken_ledger_is_never_sealed():
    closing = evidence()
    closing.ledger.chain[3] = closing.ledger.chain[3].model_copy(update={"actor": "nobody"})
    with pytest.raises(Rejected, match="entry 4"):
        closing.run("seal_pack")


def test_the_seal_of_another_case_is_found(pack):
    claims = {"case": "other-1", "entries": 8, "head": check_pack(pack).head}
    tag_manifest = (pack / "tagmanifest-sha256.txt").read_bytes()
    claims["tagmanifest_sha256"] = hashlib.sha256(tag_manifest).hexdigest()
    (pack / SEAL).write_text(sign(claims, SIGNER))
    assert check_pack(pack).findings == (
        "data/ledger.jsonl: holds an entry of another case than other-1",
        "data/certificate.jws: was signed for another case",
    )
