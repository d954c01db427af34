"""A payload sealed and opened: what comes back is what went in, or an error of ours."""

import base64
import json
from datetime import UTC, datetime

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.converter import WorkflowSerializationContext

from connectors.codec import ENCODING, ENCRYPTED, KEY_ID, AccountCodec, seal, unseal
from connectors.errors import Gone, NotFound, Rejected
from connectors.histories_opened import first_sealed, opened
from connectors.keys import FolderKeyStore
from models.keys import KeyScope

ACME = KeyScope.of_account("acme")
AT = datetime(2026, 11, 22, tzinfo=UTC)
PAYLOADS = st.builds(
    Payload, metadata=st.dictionaries(st.text(max_size=9), st.binary(max_size=20), max_size=3), data=st.binary()
)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> FolderKeyStore:
    return FolderKeyStore(tmp_path_factory.mktemp("keys"), base64.b64encode(bytes(32)).decode())


def codec(keys: FolderKeyStore, workflow: str = "offboarding-acme-1") -> AccountCodec:
    return AccountCodec(keys).with_context(WorkflowSerializationContext(namespace="default", workflow_id=workflow))


@given(payloads=st.lists(PAYLOADS, max_size=3))
async def test_what_comes_back_is_what_went_in(keys, payloads) -> None:
    sealed = await codec(keys).encode(payloads)
    assert await AccountCodec(keys).decode(sealed) == payloads
    assert [dict(each.metadata) for each in sealed] == [{ENCODING: ENCRYPTED, KEY_ID: b"account/acme/1"}] * len(
        payloads
    )


@given(data=st.binary(min_size=8, max_size=200), flip=st.integers(0, 10_000), bit=st.integers(0, 7))
def test_one_bit_changed_is_refused(keys, data, flip, bit) -> None:
    sealed = seal(keys, ACME, Payload(data=data))
    changed = bytearray(sealed.data)
    changed[flip % len(changed)] ^= 1 << bit
    sealed.data = bytes(changed)
    with pytest.raises(Rejected, match="account/acme/1 was changed"):
        unseal(keys, sealed)


def test_what_says_the_same_again_takes_less_room_sealed(keys) -> None:
    told = json.dumps([{"idempotency_key": f"acme-1:purge:set-{n}:0", "account": "acme"} for n in range(20)]).encode()
    assert len(seal(keys, ACME, Payload(data=told)).data) < len(told) / 3


def test_equal_payloads_look_different(keys) -> None:
    sealed = [seal(keys, ACME, Payload(data=b"the same")) for _ in range(3)]
    assert len({each.data for each in sealed}) == 3


def test_a_payload_of_one_account_opens_under_no_other_key(keys) -> None:
    sealed = seal(keys, ACME, Payload(data=b"x"))
    keys.sealing(KeyScope.of_account("other"))
    sealed.metadata[KEY_ID] = b"account/other/1"
    with pytest.raises(Rejected, match="was changed"):
        unseal(keys, sealed)


@pytest.mark.parametrize("key_id", [b"", b"../../etc/passwd", b"account/../1", b"\xff\xfe", b"acme"])
def test_a_key_id_from_outside_leads_nowhere(keys, key_id) -> None:
    with pytest.raises(Rejected, match="no id of a key"):
        unseal(keys, Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: key_id}, data=b"x" * 40))


def test_a_key_that_nobody_knows_is_named(keys) -> None:
    with pytest.raises(NotFound, match="account/nobody/7"):
        unseal(keys, Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: b"account/nobody/7"}, data=b"x" * 40))


@pytest.mark.parametrize("data", [b"", b"short", b"x" * 12, b"x" * 27])
def test_what_was_cut_short_is_refused(keys, data) -> None:
    key_id = keys.sealing(ACME).id.encode()
    with pytest.raises(Rejected, match="cut short"):
        unseal(keys, Payload(metadata={ENCODING: ENCRYPTED, KEY_ID: key_id}, data=data))


async def test_what_isnt_sealed_comes_back_as_it_is(keys) -> None:
    plain = [Payload(metadata={ENCODING: b"json/plain"}, data=b"1"), Payload()]
    assert await codec(keys).decode(plain) == plain


async def test_a_payload_of_no_workflow_or_of_a_strange_one_is_refused(keys) -> None:
    with pytest.raises(ValueError, match="no workflow"):
        await AccountCodec(keys).encode([Payload()])
    for workflow in ("acme", "offboarding-acme", "closing-acme", "follow-up-", ""):
        with pytest.raises(ValueError, match="no workflow id of ours"):
            await codec(keys, workflow).encode([Payload()])


async def test_what_was_sealed_before_a_rotation_opens_after_it(keys) -> None:
    before = await codec(keys, "closing-acme-1").encode([Payload(data=b"old")])
    keys.rotate(KeyScope.of_closing("acme-1"))
    after = await codec(keys, "closing-acme-1").encode([Payload(data=b"new")])
    assert [each.metadata[KEY_ID] for each in (*before, *after)] == [b"closing/acme-1/1", b"closing/acme-1/2"]
    assert [each.data for each in await AccountCodec(keys).decode([*before, *after])] == [b"old", b"new"]


def test_erasure_6_nothing_is_sealed_or_opened_after_the_end(keys) -> None:
    ended = KeyScope.of_account("ended")
    sealed = seal(keys, ended, Payload(data=b"x"))
    keys.destroy(ended, AT)
    for ask in (lambda: unseal(keys, sealed), lambda: seal(keys, ended, Payload())):
        with pytest.raises(Gone, match="was destroyed"):
            ask()


def test_a_history_is_opened_wherever_payloads_hide_and_failures_say_again_what_they_said(keys) -> None:
    told = {"message": "no such table", "stack_trace": "line 7"}
    word = Payload(metadata={ENCODING: b"json/plain"}, data=json.dumps(told).encode())
    cause = Failure(message="Encoded failure", encoded_attributes=seal(keys, ACME, word))
    failure = Failure(message="Encoded failure", encoded_attributes=seal(keys, ACME, word), cause=cause)
    event = {
        "eventId": "7",
        "input": {"payloads": [MessageToDict(seal(keys, ACME, word))]},
        "failure": MessageToDict(failure),
    }
    opened_event = opened(keys, {"events": [event]})["events"][0]
    said = {"message": "no such table", "stackTrace": "line 7"}
    assert opened_event["failure"] == {**said, "cause": said}
    assert opened_event["input"] == {"payloads": [MessageToDict(word)]}
    assert opened_event["eventId"] == "7"
    assert unseal(keys, first_sealed(event)) == word
    assert first_sealed(opened_event) is None


def test_a_summary_under_a_key_that_is_gone_is_left_out_and_a_payload_isnt(keys) -> None:
    starter = KeyScope.of_account("starter")
    summary = MessageToDict(seal(keys, starter, Payload(data=b"in words")))
    keys.destroy(starter, AT)
    assert opened(keys, {"eventId": "1", "userMetadata": {"summary": summary}}) == {"eventId": "1"}
    with pytest.raises(Gone):
        opened(keys, {"eventId": "1", "input": {"payloads": [summary]}})
