"""What happens after the purge: sub-processors that are asked, and retained rows that go at their own time.

Source: DOMAIN erasure.1, stages.3.
"""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from models.inventory import DataSet, Processor
from models.vocabulary import PROCESSORS
from rules.inventory_found import Compared, Finding, same

_MAIL = re.compile(r"[^@\s<>,;:\"()]+@[^@\s<>,;:\"()]+\.[^@\s<>,;:\"().]+")
_OUR_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})  # the embedded stack; elsewhere none is asked there


def asked(at: Compared) -> Iterator[Finding]:
    """Sub-processors that nobody could ask."""
    for each in at.inventory.processors:
        if each.ask == "mail" and not _MAIL.fullmatch(each.address):
            yield _unasked(each, "no mail address", 'write address = "privacy@example.com"')
        if each.ask == "webhook" and not _is_web_address(each.address):
            yield _unasked(each, "no address for webhooks", 'write address = "https://example.com/erasure"')


def outlived(at: Compared) -> Iterator[Finding]:
    """Rows that are kept for longer than those that they point at: these couldn't go when their time has come."""
    for child in at.inventory.data_sets:
        for hop in (*child.hops, *child.ignored):
            parent = at.sets.get(hop.parent)
            if (
                parent
                and parent != child
                and parent.retain
                and child.retain
                and child.retain.years > parent.retain.years
            ):
                what = f"it is kept for {child.retain.years} years, but {hop.parent}, at which it points, for less"
                yield Finding(
                    table=child.table, what=what, fix=f"keep {hop.parent} for {child.retain.years} years, too"
                )


def cut_off(at: Compared) -> Iterator[Finding]:
    """Rows that are kept, but which nothing leads back to their account once what they point at is deleted."""
    for each in at.inventory.data_sets:
        parents = [at.sets[hop.parent] for hop in each.hops if hop.parent in at.sets]
        if each.retain and parents and all(parent.erase == "delete" for parent in parents) and not _by_keys(at, each):
            what = f"it is kept, but all that leads to its account is deleted: {', '.join(p.table for p in parents)}"
            yield Finding(table=each.table, what=what, fix='write erase = "mask" or erase = "retain" for one of them')


def _unasked(processor: Processor, what: str, fix: str) -> Finding:
    return Finding(table=PROCESSORS + processor.name, what=f"{processor.address} is {what}", fix=fix)


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        host, known = parts.hostname, parts.username is None and parts.password is None
    except ValueError:
        return False
    return bool(host) and known and (parts.scheme == "https" or (parts.scheme == "http" and host in _OUR_OWN_MACHINE))


def _by_keys(at: Compared, data_set: DataSet) -> bool:
    """Foreign keys say so themselves: `forbidden` has found it."""
    keys = {same(key.hop) for key in at.tables[data_set.table].foreign} if data_set.table in at.tables else set()
    return any(same(hop) in keys for hop in data_set.hops)
