"""What pages say: a language is a folder, and says in English what it lacks."""

import logging

import pytest

from web import catalogues


@pytest.fixture
def templates(tmp_path, monkeypatch):
    """English whole, Portuguese begun."""
    monkeypatch.setattr(catalogues, "TEMPLATES", tmp_path)
    for language, text in (("en", 'hello = "Hello"\nbye = "Bye"\n'), ("pt", 'hello = "Olá"\n')):
        (tmp_path / language).mkdir()
        (tmp_path / language / "package.toml").write_text(text, encoding="utf-8")
    catalogues.languages.cache_clear()
    catalogues.sentences.cache_clear()
    yield tmp_path
    catalogues.languages.cache_clear()
    catalogues.sentences.cache_clear()


def test_a_new_language_is_a_folder_and_what_it_lacks_is_in_english_and_said_so(templates, caplog):
    assert catalogues.languages() == ("en", "pt")
    with caplog.at_level(logging.WARNING):
        assert catalogues.sentences("pt") == {"hello": "Olá", "bye": "Bye"}
    assert "the pages in pt lack 1 sentences, which are said in en: bye" in caplog.text


def test_our_own_languages_lack_nothing():
    names = {language: set(catalogues._read(language)) for language in catalogues.languages()}
    assert len(names) >= 2
    assert len({frozenset(each) for each in names.values()}) == 1
