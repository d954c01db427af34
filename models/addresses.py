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
    if not at:
        return _number(plain)
    form = f"{_caseless(name)}@{_in_ascii(domain.strip('.')).strip('.')}"
    if form[0] == "@" or form[-1] == "@" or form.count("@") > 1 or any(letter.isspace() for letter in form):
        raise ValueError("neither a mail address nor a number")
    return form


def _caseless(text: str) -> str:
    """Source: Unicode, 3.13, canonical caseless matching."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


def _in_ascii(domain: str) -> str:
    try:
        return domain.lower().encode("idna").decode().lower()
    except UnicodeError:  # such as a label of 64 letters: no name of the DNS, but still the same each time
        return _caseless(domain)


def _number(text: str) -> str:
    dialled = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    digits = dialled if text.startswith("+") else dialled.removeprefix(_ABROAD)
    if not digits or not all(letter in "+-().  /" or letter in dialled for letter in text):
        raise ValueError("neither a mail address nor a number")
    return digits if digits == dialled and not text.startswith("+") else f"+{digits}"
