"""Rows counted in pieces that end anywhere."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.package_rows import rows_of

CELL = st.text(st.sampled_from('a",\n\r\\N'), max_size=8)
TABLE = st.lists(st.tuples(CELL, CELL), max_size=12)


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[start : start + size] for start in range(0, len(body), size)]


@given(TABLE, st.integers(1, 7))
def test_lines_within_quotes_are_no_rows(table, size):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("a", "b"), *table])
    body = text.getvalue().encode()
    assert rows_of("data/files/papers.csv", cut(body, size)) == len(table)
    assert rows_of("data/tables/task.csv.gz", cut(gzip.compress(body), size)) == len(table)


@given(TABLE, st.integers(1, 7))
def test_a_line_of_json_is_a_row(table, size):
    body = "".join(json.dumps(row) + "\n" for row in table).encode()
    assert rows_of("data/tables/task.jsonl.gz", cut(gzip.compress(body), size)) == len(table)


def test_several_members_are_one_table():
    assert rows_of("data/tables/task.csv.gz", [gzip.compress(b"a\n1\n") + gzip.compress(b"2\n")]) == 2


@pytest.mark.parametrize(
    "body",
    [b"", b"no gzip", gzip.compress(b"a\n1\n")[:-4], gzip.compress(b"a\n1\n") + b"more"],
    ids=["empty", "other", "cut", "too long"],
)
def test_what_cannot_be_unpacked_to_its_end_has_no_rows(body):
    assert rows_of("data/tables/task.csv.gz", [body]) == -1


@pytest.mark.parametrize("path", ["data/README.en.md", "data/tables/task.csv", "data/files/papers/x.csv", "bagit.txt"])
def test_other_files_have_none(path):
    assert rows_of(path, [b"a\n"]) is None
