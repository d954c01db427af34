"""Tokens: what we signed reads back, anything else is refused. TRUST 16."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from rules.links import LinkRefused, Links, Pass, good_until

KEY, OTHER = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
END = datetime(2027, 1, 5, tzinfo=UTC)
PASS = Pass(purpose="package", account="acc_1", case="acc_1-1", until=END)
CLAIMS = {"aud": "package", "sub": "acc_1", "case": "acc_1-1", "exp": 1}


def signed(claims, key=KEY, alg="HS256"):
    return jwt.encode({"alg": alg}, claims, OctKey.import_key(base64.b64decode(key)), algorithms=[alg])


def test_a_link_reads_back_and_is_the_same_when_it_is_made_again():
    links = Links("https://bajas.example/", KEY)
    link = links.to_package("acc_1-1", "acc_1", END)
    assert link == Links("https://bajas.example", KEY).to_package("acc_1-1", "acc_1", END)
    address, _, token = link.rpartition("/")
    assert address == "https://bajas.example/package"
    assert links.read(token) == PASS


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        "é",
        "\x00",
        Links("", OTHER).token(PASS),
        signed(CLAIMS, alg="HS512", key=base64.b64encode(bytes([1]) * 64).decode()),
        *(signed({name: value for name, value in CLAIMS.items() if name != left_out}) for left_out in CLAIMS),
        *(signed({**CLAIMS, **odd}) for odd in ({"exp": "soon"}, {"exp": 1e300}, {"aud": "admin"}, {"sub": "../x"})),
    ],
)
def test_what_we_never_made_is_refused(token):
    with pytest.raises(LinkRefused):
        Links("", KEY).read(token)


def test_a_token_without_a_signature_is_refused():
    parts = [json.dumps(part).encode() for part in ({"alg": "none"}, CLAIMS)]
    naked = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)
    with pytest.raises(LinkRefused):
        Links("", KEY).read(f"{naked}.")


def test_stages_1_silence_keeps_the_package_so_a_link_made_after_the_window_opens_for_a_week():
    assert good_until(END, END - timedelta(seconds=1)) == END
    assert good_until(END, END) == END + timedelta(days=7)
