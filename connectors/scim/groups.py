"""The members of an account's groups: taken out, and put back. Source: RFC 7644 §3.5.2, DOMAIN identity.5."""

from collections.abc import Callable, Collection, Mapping
from itertools import groupby
from typing import Any

from connectors.scim.changes import Change, settle
from connectors.scim.filters import AccountFilter
from connectors.scim.marks import Mark, Marks
from connectors.scim.roster import everything
from connectors.scim.service import Service


class Groups:
    """The groups of one account at one service. A group within a group isn't a member: it lets nobody in."""

    def __init__(self, service: Service, asked: AccountFilter, account: str, marks: Marks) -> None:
        """Asks nothing yet."""
        self._service, self._filter, self._account, self._marks = service, asked, account, marks

    def empty(self, key: str, contacts: Callable[[], Collection[str]]) -> int:
        """Takes all out but the export contact; answers how many bear `key` now."""
        groups = self._all()
        nested = {str(group.id) for group in groups}
        filled = [group for group in groups if _members(group) - nested]
        if filled:
            staying = nested.union(contacts())
            self._change(filled, lambda group: self._emptied(group, key, staying))
        return self._marks.count(self._account, key)

    def refill(self, key: str, gone: Callable[[Collection[str]], Collection[str]]) -> int:
        """Puts those back that `key` took out; answers how many it has put back, again the same.

        Who is `gone`, or whose group is, is left out: many services refuse all of a change that names one unknown.
        """
        standing = self._marks.standing(self._account, key)
        if standing:
            left_out = gone({mark.user for mark in standing})
            back = sorted((mark for mark in standing if mark.user not in left_out), key=lambda mark: mark.group)
            taken = {group: list(marks) for group, marks in groupby(back, key=lambda mark: mark.group)}
            known = [group for group in self._all() if str(group.id) in taken]
            there = {str(group.id) for group in known}
            there -= {*self._change(known, lambda group: self._refilled(group, taken))}
            lost = [mark for mark in standing if mark.user in left_out or mark.group not in there]
            self._marks.forget(self._account, key, lost)
            self._marks.undone(self._account, key, standing)
        return self._marks.count(self._account, key, undone=True)

    def delete(self) -> None:
        """All groups. Source: DOMAIN identity.1 (at erasure alone)."""
        self._change(self._all(), lambda group: Change(str(group.id), self._service.version(group)))

    def _all(self) -> list[Any]:
        return everything(self._service, "Group", self._filter.of(self._account))

    def _change(self, groups: list[Any], wanted: Callable[[Any], Change | None]) -> list[str]:
        changes = [change for group in groups if (change := wanted(group))]
        return settle(self._service, "Group", changes, wanted)

    def _emptied(self, group: Any, key: str, spared: Collection[str]) -> Change | None:
        """Marks first. All members are replaced at once, by those that stay: on the version that was read."""
        users = _members(group) - set(spared)
        out = {mark.user for mark in self._marks.note(self._account, key, (Mark(u, str(group.id)) for u in users))}
        if not out:
            return None
        staying = [_value(member) for member in group.members if str(member.value) not in out]
        operation = {"op": "replace", "path": "members", "value": staying}
        return self._patch(group, operation if staying else {"op": "remove", "path": "members"})

    def _refilled(self, group: Any, taken: Mapping[str, list[Mark]]) -> Change | None:
        there = _members(group)
        back = [{"value": mark.user} for mark in taken[str(group.id)] if mark.user not in there]
        return self._patch(group, {"op": "add", "path": "members", "value": back}) if back else None

    def _patch(self, group: Any, operation: dict[str, Any]) -> Change:
        return Change(str(group.id), self._service.version(group), (operation,))


def _members(group: Any) -> set[str]:
    """The users in it, and, of a service that doesn't say what a member is, whatever else."""
    return {str(member.value) for member in group.members or () if member.value and member.type != "Group"}


def _value(member: Any) -> dict[str, str]:
    return {"value": str(member.value), **({"type": str(member.type)} if member.type else {})}
