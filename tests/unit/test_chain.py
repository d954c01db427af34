"""Wherever a chain is flipped, cut into, filled up or shuffled, its first bad entry is named. DOMAIN audit.2; TRUST 4."""

from hypothesis import given
from hypothesis import strategies as st

from models.ledger import FIRST_PREVIOUS, chained
from rules.chain import first_fault
from tests.fakes.packs import fact

LENGTH = 8
places = st.integers(0, LENGTH - 1)
fields = st.sampled_from(("case", "at", "actor", "action", "stage", "subject", "outcome", "input_hmac", "output_hmac"))


def chain(length=LENGTH):
    entries, previous = [], FIRST_PREVIOUS
    for number in range(1, length + 1):
        entries.append(chained(fact(number), number, previous).model_dump(mode="json"))
        previous = entries[-1]["entry_sha256"]
    return entries


def named(entries, **begins):
    fault = first_fault(entries, **begins)
    return fault and fault.seq


@given(places)
def test_a_whole_chain_has_no_fault_and_neither_has_any_part_that_begins_where_it_says(at):
    assert named(chain()) is None
    previous = chain()[at - 1]["entry_sha256"] if at else FIRST_PREVIOUS
    assert named(chain()[at:], begins=at + 1, previous=previous) is None


@given(places, fields, st.text(max_size=3))
def test_audit_2_a_changed_field_is_named_at_its_entry(at, field, text):
    entries = chain()
    entries[at][field] += f"x{text}"
    assert named(entries) == at + 1


@given(places, st.integers(0, 63))
def test_audit_2_a_changed_hash_is_named_at_its_entry(at, digit):
    for field in ("entry_sha256", "prev_sha256"):
        entries = chain()
        was = entries[at][field]
        entries[at][field] = was[:digit] + ("0" if was[digit] != "0" else "1") + was[digit + 1 :]
        assert named(entries) == at + 1


@given(places)
def test_audit_2_a_deleted_entry_is_named_where_it_stood(at):
    entries = chain()
    del entries[at]
    assert named(entries) == (at + 1 if at < LENGTH - 1 else None)  # the cut tail is the signed head's to tell


@given(places, places)
def test_audit_2_an_inserted_entry_is_named_where_it_stands(at, copied):
    entries = chain()
    entries.insert(at, dict(entries[copied]))
    assert named(entries) == (at + 1 if copied != at else at + 2)


@given(places, places)
def test_audit_2_two_entries_that_change_places_are_named_at_the_first(one, other):
    entries = chain()
    entries[one], entries[other] = entries[other], entries[one]
    assert named(entries) == (min(one, other) + 1 if one != other else None)


@given(places)
def test_audit_2_a_chain_that_was_recomputed_from_an_entry_on_differs_in_its_head(at):
    entries, previous = chain(), chain()[at]["prev_sha256"]
    for number in range(at + 1, LENGTH + 1):
        entries[number - 1] = chained(fact(number, actor="nobody"), number, previous).model_dump(mode="json")
        previous = entries[number - 1]["entry_sha256"]
    assert named(entries) is None
    assert entries[-1]["entry_sha256"] != chain()[-1]["entry_sha256"]
