"""DOMAIN messages.8: an address is known again, however it is written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.addresses import in_one_form


@pytest.mark.parametrize(
    ("written", "form"),
    [
        ("Lucia@Moncayo.Example", "lucia@moncayo.example"),
        ("  lucia@moncayo.example. ", "lucia@moncayo.example"),
        ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
        ("lucía@moncayo.example", "lucía@moncayo.example"),
        ("+34 600 11 22 33", "+34600112233"),
        ("0034-600-112-233", "+34600112233"),
        ("(976) 11.22.33", "976112233"),
        (f"ana@{'a' * 64}.example", f"ana@{'a' * 64}.example"),
    ],
)
def test_messages_8_however_it_is_written_it_is_one_address(written, form):
    assert in_one_form(written) == form


@given(st.emails() | st.from_regex(r"\+[0-9]{6,15}", fullmatch=True))
def test_messages_8_the_form_of_a_form_is_itself(address):
    form = in_one_form(address)
    assert in_one_form(form) == in_one_form(form.upper()) == form


@given(st.text() | st.builds("{}@{}".format, st.text(max_size=6), st.text(max_size=6)))
def test_messages_8_whatever_is_written_it_has_a_form_or_is_refused(text):
    try:
        form = in_one_form(text)
    except ValueError:
        return
    assert form == in_one_form(f" {text} ")
    assert not any(letter.isspace() for letter in form)


@pytest.mark.parametrize("text", ["00", "+", "0@.", "@", "a@b@c", "0@\u00b4"])
def test_what_is_no_address_has_no_form(text):
    with pytest.raises(ValueError):
        in_one_form(text)
