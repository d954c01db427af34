"""Copies of the messages, for whoever runs Farewell to edit."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from activities.catalogue import LAYOUT, TEMPLATES, language_folders
from commands.refused import Exit, Refused
from connectors.configuration import home, load_environment


def own_folder() -> Path | None:
    """What FAREWELL_MESSAGES_FOLDER names."""
    load_environment(home())
    folder = os.environ.get("FAREWELL_MESSAGES_FOLDER")
    return Path(folder) if folder else None


def copied(names: Sequence[str], folder: Path, language: str | None) -> list[str]:
    """Copies all that the names mean, or nothing; their names there.

    Raises:
        Refused: 3 nothing is called so; 4 something stands there already; 2 it can't be written.
    """
    chosen = _chosen(names, language)
    there = [name for name in chosen if (folder / name).exists()]
    if there:
        raise Refused(
            Exit.REFUSED, f"{folder / there[0]} stands already ({len(there)} in all)", "copy to another folder"
        )
    try:
        for name in chosen:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(TEMPLATES / name, folder / name)
    except OSError as error:
        raise Refused(Exit.USAGE, f"{folder} can't be written: {error.strerror}", "name another folder") from None
    return chosen


def _chosen(names: Sequence[str], language: str | None) -> list[str]:
    spoken = [each for each in language_folders(TEMPLATES) if language in (None, each.name)]
    if not spoken:
        raise Refused(Exit.NOT_FOUND, f"no message of ours is in {language}", "copy another language, and translate it")
    all_of_them = [path.relative_to(TEMPLATES).as_posix() for each in spoken for path in sorted(each.rglob("*.*"))]
    if not names:
        return [*all_of_them, LAYOUT]
    found = [name for wanted in names for name in _meant(wanted, [*all_of_them, LAYOUT])]
    return list(dict.fromkeys(found))


def _meant(wanted: str, known: Sequence[str]) -> list[str]:
    """By a kind (in all its manners), a file's name, or a path; scripts for calls by their path alone."""
    found = [
        name
        for name in known
        if wanted in (name, name.partition("/")[2]) or ("/call/" not in name and _is_of(name, wanted))
    ]
    if not found:
        raise Refused(Exit.NOT_FOUND, f"no message is called {wanted}", "farewell message list names them")
    return found


def _is_of(name: str, kind: str) -> bool:
    return name.endswith(".md") and name.rpartition("/")[2].partition(".")[0] == kind
