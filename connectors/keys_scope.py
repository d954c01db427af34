"""The files of one scope: its keys, and the tombstone of those that were destroyed."""

import re
from datetime import datetime
from pathlib import Path

from pydantic import ValidationError

from connectors.errors import Gone, NotFound, Rejected
from connectors.keys_disk import remove, write_once, write_over
from connectors.keys_wrapped import damaged
from models.keys import Destroyed, KeyScope
from models.payload import Payload

TOMBSTONE = "destroyed.json"
MAY_END = "may-end"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")  # an account's id, or a case's
_KEY = re.compile(r"([1-9][0-9]{0,8})\.key")
_KEY_ID = re.compile(r"(account|follow-up|closing)/([A-Za-z0-9_-]{1,80})/([1-9][0-9]{0,8})")


class Tombstone(Payload):
    """What was destroyed, round by round; `closed` until the scope is reopened: no key of it may stand till then."""

    rounds: tuple[Destroyed, ...] = ()
    closed: bool = False

    @property
    def ids(self) -> set[str]:
        """The dead."""
        return {key_id for destroyed in self.rounds for key_id in destroyed.ids}


class ScopeKeys:
    """One scope's folder, `<store>/<kind>/<name>`. Whoever changes something holds the store's lock."""

    def __init__(self, store: Path, scope: KeyScope) -> None:
        """Raises Rejected for a name that could lead out of the store."""
        if not _NAME.fullmatch(scope.name):
            raise Rejected("key store", "a scope's name is letters, digits, _ and -, at most 80")
        self.scope, self._folder = scope, store / scope.kind / scope.name

    def tombstone(self) -> Tombstone:
        """What was destroyed; raises Rejected where the file is damaged."""
        try:
            return Tombstone.model_validate_json((self._folder / TOMBSTONE).read_bytes())
        except FileNotFoundError:
            return Tombstone()
        except ValidationError:
            raise damaged(f"{self.scope}/{TOMBSTONE}") from None

    def standing(self) -> list[int]:
        """The numbers of the keys that may be used, ascending; none while the scope is closed."""
        buried = self.tombstone()
        dead = buried.ids
        return [] if buried.closed else [number for number in self._numbers() if self.id_of(number) not in dead]

    def refuse_dead(self, number: int) -> None:
        """Raises Gone for a key that was destroyed, even if its file still lies there."""
        buried = self.tombstone()
        if buried.closed or self.id_of(number) in buried.ids:
            raise gone(self.id_of(number))

    def read(self, number: int) -> bytes | None:
        """The file of a key."""
        try:
            return self._path(number).read_bytes()
        except FileNotFoundError:
            return None

    def has(self, number: int) -> bool:
        """Whether the file of a key lies there."""
        return self._path(number).exists()

    def add(self, number: int, body: bytes) -> None:
        """A new key; where one stands already, that one stays."""
        write_once(self._path(number), body)

    def replace(self, number: int, body: bytes) -> None:
        """The same key, wrapped otherwise."""
        write_over(self._path(number), body)

    def next_number(self) -> int:
        """Above every key that ever was."""
        dead = (int(key_id.rpartition("/")[2]) for key_id in self.tombstone().ids)
        return max([0, *self._numbers(), *dead]) + 1

    def bury(self, at: datetime) -> Destroyed:
        """Writes the tombstone, then removes the keys. Killed in between, the keys are dead, and again finishes it.

        A late attempt bears the instant of the one that did it: whoever has come back since keeps their new keys.
        """
        buried = self.tombstone()
        done = next((each for each in buried.rounds if each.at == at), None)
        if done is not None and not buried.closed:
            return done
        if not buried.closed:
            ids = tuple(self.id_of(number) for number in self.standing())
            destroyed = Destroyed(scope=self.scope, ids=ids, at=at)
            buried = Tombstone(rounds=(*buried.rounds, destroyed), closed=True)
            write_over(self._folder / TOMBSTONE, buried.model_dump_json().encode())
        self._clear()
        return buried.rounds[-1]

    def reopen(self) -> None:
        """New keys may come; what a killed destroyer has left goes first."""
        buried = self.tombstone()
        if buried.closed:
            self._clear()
            reopened = buried.model_copy(update={"closed": False})
            write_over(self._folder / TOMBSTONE, reopened.model_dump_json().encode())

    def dead_files(self) -> list[Path]:
        """Keys that were destroyed and whose files lie there: a destroyer was killed, or a copy was brought back."""
        buried = self.tombstone()
        dead = buried.ids
        return [self._path(number) for number in self._numbers() if buried.closed or self.id_of(number) in dead]

    def remove_dead(self) -> None:
        """Removes them."""
        for path in self.dead_files():
            remove(path)

    def may_end(self) -> None:
        """Notes that nobody needs the keys once the workflow has closed."""
        if self.standing():
            write_once(self._folder / MAY_END, b"")

    @property
    def is_ending(self) -> bool:
        """Whether that was noted."""
        return (self._folder / MAY_END).exists()

    def id_of(self, number: int) -> str:
        """The key's id."""
        return f"{self.scope}/{number}"

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.key"

    def _numbers(self) -> list[int]:
        try:
            names = [path.name for path in self._folder.iterdir()]
        except FileNotFoundError:
            return []
        return sorted(int(match[1]) for name in names if (match := _KEY.fullmatch(name)))

    def _clear(self) -> None:
        """Removes all but the tombstone: keys, the note, and halves that a killed maker has left."""
        for path in self._folder.iterdir():
            if path.name != TOMBSTONE:
                remove(path)


def gone(key_id: str) -> Gone:
    """What to say of a key that was destroyed."""
    return Gone("key store", f"the key {key_id} was destroyed", "what it sealed can't be read any more, as promised")


def never_made(key_id: str) -> NotFound:
    """What to say of a key that nobody knows."""
    fix = "is FAREWELL_KEYS the folder that was in use? Then bring the key back from the folder's copy"
    return NotFound("key store", f"there is no key {key_id}", fix)


def place_of(key_id: str) -> tuple[KeyScope, int]:
    """The scope and the number in a key's id; raises Rejected for what is none, for it may come from outside."""
    match = _KEY_ID.fullmatch(key_id)
    if match is None:
        raise Rejected("key store", "that is no id of a key")
    return KeyScope.model_validate({"kind": match[1], "name": match[2]}), int(match[3])
