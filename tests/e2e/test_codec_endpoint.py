"""Payloads on Temporal's own page: who is shown what, by whose origin, and what a destroyed key leaves. TRUST 7, 13, 14."""

import base64
import json
import logging
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI
from google.protobuf.json_format import MessageToDict
from joserfc import jwt
from joserfc.jwk import OctKey
from temporalio.api.common.v1 import Payload
from temporalio.converter import WorkflowSerializationContext

from connectors.codec import AccountCodec
from connectors.errors import NotFound, Unavailable
from connectors.keys import FolderKeyStore
from models.keys import KeyScope
from models.vocabulary import Role
from rules.links import Links, Pass
from web.codec import COOKIE, LARGEST_BYTES, CodecRoutes
from web.headers import Hardened, headers_with

KEY, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
NOW = datetime(2027, 1, 5, 12, tzinfo=UTC)
URL, PAGE = "https://bajas.example", "https://temporal.example"
LINKS = Links(URL, KEY)
SAID = {"reason": {"text": "Marta Ríos said so", "hmac": None}, "case": "acc_1-1"}
PEOPLE = {"dora": {Role.COMPLIANCE}, "emil": {Role.ENGINEER}, "ana": {Role.ACCOUNT_MANAGER}}


@pytest.fixture
def keys(tmp_path):
    return FolderKeyStore(tmp_path / "keys", KEY)


def web(keys, people=PEOPLE, page=PAGE, url=URL):
    def person(name):
        if name not in people:
            raise NotFound("people", "nobody")
        return SimpleNamespace(roles=frozenset(people[name]))

    settings = SimpleNamespace(temporal_ui_url=page, public_url=url)
    at = SimpleNamespace(settings=settings, keys=keys, directory=SimpleNamespace(person=person))
    app = FastAPI()
    CodecRoutes(at, LINKS, lambda: NOW).mount(app)
    hardened = Hardened(app, headers_with(""))
    return httpx.AsyncClient(transport=httpx.ASGITransport(hardened), base_url=url)


async def sealed(keys, value=SAID, workflow="offboarding-acc_1-1", encoding=b"json/plain"):
    context = WorkflowSerializationContext(namespace="default", workflow_id=workflow)
    data = json.dumps(value).encode() if encoding == b"json/plain" else value
    (made,) = (
        await AccountCodec(keys).with_context(context).encode([Payload(metadata={"encoding": encoding}, data=data)])
    )
    assert data not in made.SerializeToString()
    return MessageToDict(made)


def token_of(person, hours=8.0, links=LINKS):
    return links.to_codec(person, NOW + timedelta(hours=hours)).partition("token=")[2]


async def decode(client, payloads, person="dora", token=None, **headers):
    client.cookies.set(COOKIE, token_of(person) if token is None else token, path="/codec")
    sent = {"X-Namespace": "default", "Origin": PAGE, **headers}
    return await client.post("/codec/decode", json={"payloads": payloads}, headers=sent)


def read(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(base64.b64decode(payload["data"])) for payload in answer.json()["payloads"]]


async def test_compliance_reads_all_and_an_engineer_all_but_what_is_personal(keys):
    payload = await sealed(keys)
    assert read(await decode(web(keys), [payload])) == [SAID]
    (seen,) = read(await decode(web(keys), [payload], "emil"))
    assert seen["case"] == "acc_1-1"
    assert (seen["reason"]["text"], len(seen["reason"]["hmac"])) == (None, 64)


async def test_what_can_t_be_looked_into_is_hidden_whole_from_an_engineer(keys):
    odd = [await sealed(keys, b"Marta", encoding=encoding) for encoding in (b"binary/plain", b"json/protobuf")]
    odd.append(MessageToDict(Payload(metadata={"encoding": b"json/plain"}, data=b"{Marta")))
    answer = await decode(web(keys), odd, "emil")
    assert read(answer) == ["…", "…", "…"]
    nothing = MessageToDict(Payload(metadata={"encoding": b"binary/null"}))
    assert (await decode(web(keys), [nothing], "emil")).json()["payloads"] == [nothing]


@pytest.mark.parametrize("person", ["ana", "nobody"])
async def test_other_roles_and_people_who_have_left_see_nothing(keys, person):
    client = web(keys)
    assert (await decode(client, [await sealed(keys)], person)).status_code == 403
    assert (await client.get("/codec/sign-in", params={"token": token_of(person)})).status_code == 403


async def test_a_role_is_looked_up_at_every_request(keys):
    people = dict(PEOPLE)
    client, payload = web(keys, people), await sealed(keys)
    assert (await decode(client, [payload])).status_code == 200
    people["dora"] = {Role.APPROVER}
    assert (await decode(client, [payload])).status_code == 403


def forged():
    claims = {"aud": "codec", "sub": "dora", "exp": int((NOW + timedelta(hours=1)).timestamp())}
    yield "no token", "x"
    yield "another key", token_of("dora", links=Links(URL, OTHER))
    yield "expired", token_of("dora", 0)
    yield (
        "made for a package",
        LINKS.token(Pass(purpose="package", account="dora", case="dora-1", until=NOW.replace(year=2030))),
    )
    for left_out in claims:
        some = {name: value for name, value in claims.items() if name != left_out}
        signed = jwt.encode({"alg": "HS256"}, some, OctKey.import_key(base64.b64decode(KEY)), algorithms=["HS256"])
        yield f"without {left_out}", signed


@pytest.mark.parametrize("token", [pytest.param(token, id=what) for what, token in forged()])
async def test_a_token_that_is_forged_too_old_or_for_something_else_opens_nothing(keys, token):
    client = web(keys)
    answer = await decode(client, [await sealed(keys)], token=token)
    assert (answer.status_code, "farewell codec" in answer.text) == (401, True)
    signed_in = await client.get("/codec/sign-in", params={"token": token})
    assert (signed_in.status_code, "set-cookie" in signed_in.headers) == (401, False)


async def test_without_a_cookie_the_page_hears_how_to_sign_in(keys):
    answer = await web(keys).post("/codec/decode", json={"payloads": [await sealed(keys)]}, headers={"Origin": PAGE})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (401, PAGE)


@pytest.mark.parametrize(("url", "secure"), [(URL, True), ("http://127.0.0.1:8080", False)])
async def test_the_link_becomes_a_cookie_that_no_script_reads_and_no_foreign_site_sends(keys, url, secure):
    answer = await web(keys, url=url).get("/codec/sign-in", params={"token": token_of("dora")})
    about = [word.strip().lower() for word in answer.headers["set-cookie"].split(";")][1:]
    assert {"httponly", "samesite=lax", "path=/codec", "max-age=28800"} <= set(about)
    assert ("secure" in about) is secure
    assert "you may go back to the server's page" in answer.text
    assert token_of("dora") not in answer.text


@pytest.mark.parametrize("origin", [PAGE, "https://elsewhere.example", "null"])
async def test_only_temporal_s_page_may_read_the_answer(keys, origin):
    client = web(keys)
    wanted = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    before = await client.options(
        "/codec/decode", headers={**wanted, "Access-Control-Request-Headers": "content-type,x-namespace"}
    )
    answer = await decode(client, [await sealed(keys)], Origin=origin)
    ours = origin == PAGE
    assert before.is_success is ours
    for each in (before, answer):
        assert each.headers.get("access-control-allow-origin") == (PAGE if ours else None)
        assert "Origin" in each.headers["vary"]


async def test_every_answer_bears_the_headers_of_all_pages(keys):
    client = web(keys)
    answers = [
        await decode(client, [await sealed(keys)]),
        await decode(client, [], "ana"),
        await client.post("/codec/encode", json={}),
        await client.get("/codec/sign-in"),
        await client.get("/codec/decode"),
    ]
    assert [answer.status_code for answer in answers] == [200, 403, 403, 401, 405]
    for answer in answers:
        assert answer.headers.items() >= {name.lower(): value for name, value in headers_with("").items()}.items()


async def test_erasure_6_a_destroyed_key_is_told_in_words_and_hides_no_other_payload(keys):
    gone, stays = await sealed(keys), await sealed(keys, {"case": "acc_2-1"}, "offboarding-acc_2-1")
    keys.destroy(KeyScope.of_account("acc_1"), NOW)
    for person in ("dora", "emil"):
        destroyed, left = read(await decode(web(keys), [gone, stays], person))
        assert "destroyed" in destroyed
        assert left == {"case": "acc_2-1"}


async def test_a_payload_that_was_tampered_with_is_told_in_words(keys):
    payload = await sealed(keys)
    data = bytearray(base64.b64decode(payload["data"]))
    data[-1] ^= 1
    (seen,) = read(await decode(web(keys), [{**payload, "data": base64.b64encode(data).decode()}]))
    assert "unreadable" in seen


async def test_while_the_key_store_is_away_the_page_is_asked_to_come_again(keys, monkeypatch):
    payload = await sealed(keys)

    def away(self, key_id):
        raise Unavailable("key store", "away")

    monkeypatch.setattr(FolderKeyStore, "opening", away)
    answer = await decode(web(keys), [payload])
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")


@pytest.mark.parametrize(
    "body",
    [b"", b"[1]", b"7", b"{", b"\xff\xfe", b'{"payloads": 1}', b'{"payloads": [{"data": 1}]}', b"[" * 100_000],
)
async def test_what_holds_no_payloads_is_refused(keys, body):
    client = web(keys)
    client.cookies.set(COOKIE, token_of("dora"), path="/codec")
    assert (await client.post("/codec/decode", content=body)).status_code == 400


async def test_a_body_larger_than_any_page_needs_is_refused_unread(keys):
    client = web(keys)
    client.cookies.set(COOKIE, token_of("dora"), path="/codec")
    assert (await client.post("/codec/decode", content=b"x" * (LARGEST_BYTES + 1))).status_code == 413


async def test_where_temporal_s_page_isn_t_known_there_is_no_endpoint(keys):
    client = web(keys, page=None)
    assert (await client.post("/codec/decode", json={})).status_code == 404


async def test_the_log_says_who_was_shown_how_much_and_nothing_of_it(keys, caplog):
    caplog.set_level(logging.DEBUG)
    await decode(web(keys), [await sealed(keys), await sealed(keys)])
    assert "dora was shown 2 payloads" in caplog.text
    assert "account/acc_1" in caplog.text
    assert "Marta" not in caplog.text
    assert token_of("dora") not in caplog.text
