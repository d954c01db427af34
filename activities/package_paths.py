"""Where a file of any name lies in a package, so that every file system can hold it, and no two are one there."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from pathlib import PurePosixPath

# What some file system refuses, or what BagIt and its readers spell in different ways.
_ODD = re.compile(r'[\x00-\x1f\x7f-\x9f\u2028\u2029<>:"|?*\\%]|^\.{1,2}$|^$|[ .]$')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_LONGEST_PART, _LONGEST = 200, 500  # bytes; file systems end at 255, S3 at 1,024 with all that stands before
_RENAMED = "renamed"


def safe_paths(names: Iterable[str]) -> dict[str, str]:
    """A path under a folder for every name: the name itself where any file system can hold it and no other needs it.

    Names that differ in case or Unicode form alone, or that are also the folder of another, all get new ones.
    """
    once = list(dict.fromkeys(names))
    taken = Counter(map(_alike, once))
    taken.update({_alike(str(folder)) for name in once for folder in PurePosixPath(name).parents})
    return {name: name if _fine(name) and taken[_alike(name)] == 1 else _renamed(name) for name in once}


def _alike(name: str) -> str:
    """The same for all names that some file system takes for one."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _fine(name: str) -> bool:
    parts = name.split("/")
    return (
        unicodedata.is_normalized("NFC", name)
        and len(name.encode()) <= _LONGEST
        and _alike(parts[0]) != _RENAMED
        and all(_fine_part(part) for part in parts)
    )


def _fine_part(part: str) -> bool:
    return not _ODD.search(part) and not _RESERVED.fullmatch(part) and len(part.encode()) <= _LONGEST_PART


def _renamed(name: str) -> str:
    """Its digest makes it the only one; what a person would know it by stays."""
    mark = sha256(name.encode()).hexdigest()[:16]
    last = PurePosixPath(_ODD.sub("_", unicodedata.normalize("NFC", name.rpartition("/")[2])) or "_")
    stem = last.stem.encode()[: _LONGEST_PART // 2].decode(errors="ignore")
    suffix = last.suffix.encode()[:16].decode(errors="ignore")
    return f"{_RENAMED}/{mark}-{stem}{suffix}".rstrip(" .")
