"""An address in the one form under which it is known again. Source: DOMAIN messages.8; RFC 5321, 2.4."""

import unicodedata

_ABROAD = "00"


def in_one_form(address: str) -> str:
    """A mail address or a number as it is compared: `Ana@BÜCHER.example` is `ana@xn--bcher-kva.example`.

    The part before the @ might tell capital letters apart, but no provider of note does: rather one mail too few. A
    number keeps its digits, and 00 is the + of who dials abroad.

    Raises:
        ValueError: neither a mail address nor a number.
    """
    plain = unicodedata.normalize("NFC", address).strip()
    name, at, domain = plain.rpartition("@")
    if at and name and domain and not any(letter.isspace() for letter in plain):
        return unicodedata.normalize("NFC", name.casefold()) + at + _in_ascii(domain.rstrip("."))
    return _number(plain)


def _in_ascii(domain: str) -> str:
    try:
        return domain.lower().encode("idna").decode().lower()
    except UnicodeError:  # such as a label of 64 letters: no name of the DNS, but still the same each time
        return domain.casefold()


def _number(text: str) -> str:
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    if not digits or not all(letter in "+-().  /" or letter in digits for letter in text):
        raise ValueError("neither a mail address nor a number")
    if text.startswith("+"):
        return f"+{digits}"
    return f"+{digits.removeprefix(_ABROAD)}" if digits.startswith(_ABROAD) else digits
