"""Whatever is flipped, cut or put in, anywhere in a real pack with supplements, is found and named. TRUST 4."""

import shutil

import bagit
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commands.pack_check import check_pack
from tests.fakes.packs import evidence
from tests.fakes.papers import CASE


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """A pack and three supplements, the second with a new certificate."""
    closing = evidence()
    closing.sealed(tmp_path_factory.mktemp("first"))
    for number, kind in enumerate(("scan", "backups", "charges"), start=1):
        closing.happened(2)
        closing.watched(kind, number)
    folder = closing.fetched(tmp_path_factory.mktemp("evidence"))
    report = check_pack(folder)
    assert (report.findings, report.supplements) == ((), 3)
    return folder


@pytest.fixture(scope="module")
def scratch(sealed, tmp_path_factory):
    return shutil.copytree(sealed, tmp_path_factory.mktemp("scratch") / CASE)


def paths(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def found(scratch, path, changed):
    """What is found once that file holds these bytes; the file is as it was afterwards."""
    whole = (scratch / path).read_bytes()
    (scratch / path).write_bytes(changed)
    try:
        return check_pack(scratch).findings
    finally:
        (scratch / path).write_bytes(whole)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_audit_2_any_flipped_bit_is_found_and_its_file_named_first(scratch, data):
    path = data.draw(st.sampled_from(paths(scratch)))
    whole = (scratch / path).read_bytes()
    bit = data.draw(st.integers(0, len(whole) * 8 - 1))
    changed = bytearray(whole)
    changed[bit // 8] ^= 1 << bit % 8
    findings = found(scratch, path, bytes(changed))
    assert findings
    assert findings[0].startswith(f"{path}: "), findings


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_audit_2_any_cut_file_and_any_added_white_space_is_found_and_named(scratch, data):
    path = data.draw(st.sampled_from(paths(scratch)))
    whole = (scratch / path).read_bytes()
    at = data.draw(st.integers(0, len(whole)))
    changed = data.draw(st.sampled_from((whole[:at], whole[:at] + b" " + whole[at:], whole[:at] + b"\n" + whole[at:])))
    findings = found(scratch, path, changed)
    if changed == whole:
        assert findings == ()
    else:
        assert findings[0].startswith(f"{path}: "), findings


def dropped(lines, at):
    return lines[:at] + lines[at + 1 :]


def doubled(lines, at):
    return [*lines[: at + 1], *lines[at:]]


def swapped(lines, at):
    return [*lines[:at], *reversed(lines[at : at + 2]), *lines[at + 2 :]]


@pytest.mark.parametrize("change", [dropped, doubled, swapped])
@pytest.mark.parametrize(("path", "at", "entry"), [("data", 4, 5), ("supplements/0002-backups", 0, 11)])
def test_audit_2_the_first_bad_entry_is_named_in_pack_and_supplements(scratch, change, path, at, entry):
    ledger = f"{path}/ledger.jsonl"
    lines = (scratch / ledger).read_bytes().splitlines(keepends=True)
    named = f"{ledger}: entry {entry + (change is doubled)}: "
    assert any(finding.startswith(named) for finding in found(scratch, ledger, b"".join(change(lines, at))))


def without(scratch, tmp_path, name):
    """A copy in which that folder is gone."""
    copy = shutil.copytree(scratch, tmp_path / "copy")
    shutil.rmtree(copy / "supplements" / name)
    return copy


def test_audit_2_a_supplement_missing_in_the_middle_is_named(scratch, tmp_path):
    report = check_pack(without(scratch, tmp_path, "0002-backups"))
    assert report.findings == ("supplements/0002: is missing",)
    assert report.supplements == 3


def test_a_missing_last_supplement_can_t_be_found_so_the_highest_number_is_said(scratch, tmp_path):
    report = check_pack(without(scratch, tmp_path, "0003-charges"))
    assert (report.findings, report.supplements) == ((), 2)


def test_audit_2_supplements_that_are_too_many_of_another_name_or_order_are_named(scratch, tmp_path):
    copy = shutil.copytree(scratch, tmp_path / "copy")
    folder = copy / "supplements"
    shutil.copytree(folder / "0001-scan", folder / "0004-scan")
    shutil.copytree(folder / "0001-scan", folder / "0003-scan")
    (folder / "0001-scan" / "note.txt").write_text("x")
    (folder / "readme").mkdir()
    (folder / "readme" / "x").write_text("x")
    findings = check_pack(copy).findings
    assert "supplements/0003-scan: bears the number of 0003-charges" in findings
    assert "supplements/readme: is no supplement" in findings
    assert "supplements/0001-scan/note.txt: isn't what was sealed here" in findings
    assert "supplements/0004-scan/supplement.jws: was sealed as 0001-scan" in findings
    assert "supplements/0004-scan/supplement.jws: doesn't follow supplement 3" in findings


def test_audit_2_a_supplement_of_another_pack_is_named(scratch, tmp_path):
    """Two packs of one case can't be; but whoever holds the key could try."""
    other = evidence(days_late=1)
    other.sealed(tmp_path / "other")
    other.happened(2)
    other.watched("scan", 1)
    copy = shutil.copytree(scratch, tmp_path / "copy")
    shutil.rmtree(copy / "supplements")
    shutil.copytree(other.fetched(tmp_path / "other") / "supplements", copy / "supplements")
    assert check_pack(copy).findings[0] == "supplements/0001-scan/supplement.jws: was sealed beside another pack"


def test_a_bag_validator_of_other_people_accepts_a_pack_with_supplements(sealed):
    assert bagit.Bag(str(sealed)).validate()
