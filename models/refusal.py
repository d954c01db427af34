"""A no, with its reason and the way on."""

from models.payload import Payload


class Refusal(Payload):
    """`code` names the rule, `why` says it in words, `fix` what to do instead."""

    code: str
    why: str
    fix: str
