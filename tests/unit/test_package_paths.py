"""Names that some file system can't hold, or takes for one: each has a path of its own, and plain ones keep theirs."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.package_paths import safe_paths


def test_plain_names_stay_as_they_are():
    names = ["a.txt", "a/b.txt", "a/B c.pdf", "ñ/ü.png", "renamed.txt", "Console.log"]
    assert safe_paths(names) == {name: name for name in names}


@pytest.mark.parametrize(
    "name",
    ["", "/", "a//b", "../x", "a/../b", ".", "a\nb", "a\r", "CON", "lpt1.txt", "a/nul.png", "a:b", 'a"b', "a\\b", "50%",
     "trailing ", "dot.", "a /b", "x" * 300, "/".join(["folder"] * 90), "n\u0303", "\x85", "renamed/x", "RENAMED/y"],
)  # fmt: skip
def test_a_name_that_not_every_system_holds_is_renamed(name):
    path = safe_paths([name])[name]
    assert path.startswith("renamed/")
    assert safe_paths([path])[path] != path  # nobody can have that name already


@pytest.mark.parametrize(
    "names", [("a.txt", "A.TXT"), ("ß", "SS"), ("ñ", "n\u0303"), ("a", "a/b"), ("A", "a/b"), ("a/B/c", "a/b")]
)
def test_names_that_some_system_takes_for_one_are_told_apart(names):
    paths = safe_paths(names)
    assert len({path.casefold() for path in paths.values()}) == 2
    assert any(path.startswith("renamed/") for path in paths.values())


PART = st.text(st.sampled_from("aAbB.ñÑ\u0303ßsS %/\\\n\u202e漢"), max_size=6)


@given(st.lists(PART, max_size=12))
def test_whatever_the_names_no_two_paths_are_one_anywhere_and_none_is_the_folder_of_another(names):
    paths = safe_paths(names)
    assert {*paths} == {*names}
    alike = {unicodedata.normalize("NFD", path).casefold() for path in paths.values()}
    assert len(alike) == len({*names})
    folders = {path.rpartition("/")[0] for path in alike} - {""}
    assert not alike & folders
    assert all(".." not in path.split("/") and not path.startswith("/") for path in paths.values())
    assert all(len(path.encode()) <= 500 for path in paths.values())
