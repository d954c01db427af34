"""How long a system asks to be left alone: never for ever, never an error of ours."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.retry_after import LONGEST_WAIT, read_wait


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("7", timedelta(seconds=7)),
        ("0", timedelta(0)),
        ("9" * 30, LONGEST_WAIT),
        ("Wed, 21 Oct 2015 07:28:00 GMT", timedelta(0)),
        ("-7", None),
        ("٧", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_wait_is_bounded(told: str, wait: timedelta | None) -> None:
    assert read_wait(told) == wait


@given(told=st.text())
def test_whatever_is_told_is_no_fault_of_ours(told: str) -> None:
    wait = read_wait(told)
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT
