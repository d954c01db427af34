"""The sample company, made once and copied into each home."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.preparing import prepare


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Makes a home by name; all have the same company in the same state."""
    first = tmp_path_factory.mktemp("company")
    prepare(first)

    def home(name: str) -> Path:
        made = tmp_path_factory.mktemp(name)
        for file in (first / "anchor", *first.glob("farewell.db*"), *first.glob("product.db*")):
            shutil.copy(file, made)
        shutil.copytree(first / "keys", made / "keys")
        return made

    return home
