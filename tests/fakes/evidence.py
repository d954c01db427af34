"""In memory: what the interceptor, erasure and evidence ask of their ports, and no more."""

import hashlib
from collections import defaultdict

from connectors.errors import Conflict, NotFound
from models.ledger import FIRST_PREVIOUS, chained


class MemoryLedger:
    def __init__(self):
        self.chain, self.refs = [], {}

    def append(self, fact, ref):
        if ref is not None and ref in self.refs:
            return self.refs[ref]
        previous = self.chain[-1].entry_sha256 if self.chain else FIRST_PREVIOUS
        entry = chained(fact, len(self.chain) + 1, previous)
        self.chain.append(entry)
        self.refs[ref] = entry
        return entry

    def entries(self, case):
        return [entry for entry in self.chain if entry.case == case]


class OneKey:
    def digest_key(self, account):
        return hashlib.sha256(account.encode()).digest()


class MemoryStore:
    def __init__(self, plan):
        self.the_plan, self.held, self.recorded, self.decided = plan, [], [], []
        self.kept, self.policies = {}, {}

    def plan(self, case, plan_hash):
        if plan_hash != self.the_plan.hash:
            raise NotFound("store", "no such plan")
        return self.the_plan

    def keep_policy(self, sha256, policy, at):
        self.policies.setdefault(sha256, policy)

    def policy(self, sha256):
        if sha256 not in self.policies:
            raise NotFound("store", "no such policy")
        return self.policies[sha256]

    def keep_document(self, case, kind, key, body, at):
        return self.kept.setdefault(key, (case, kind, dict(body)))[2]

    def documents(self, case, kind):
        return [body for of, what, body in self.kept.values() if (of, what) == (case, kind)]

    def holds(self, account):
        return self.held

    def decide(self, decision, at):
        self.decided.append({**decision.model_dump(include={"action", "actor", "details"}), "at": at})

    def decisions(self, case):
        return self.decided

    def record(self, record, at):
        self.recorded.append((record, at))


class MemoryObjects:
    def __init__(self):
        self.buckets = defaultdict(dict)
        self.locked_until = {}

    def put(self, bucket, key, body):
        self.buckets[bucket][key] = body

    def put_locked(self, bucket, key, body, until):
        if self.buckets[bucket].setdefault(key, body) != body:
            raise Conflict("S3", f"{key} holds other bytes")
        self.locked_until[key] = until

    def read(self, bucket, key):
        if key not in self.buckets[bucket]:
            raise NotFound("S3", key)
        yield self.buckets[bucket][key]

    def list(self, bucket, prefix):
        return ((key, len(body)) for key, body in sorted(self.buckets[bucket].items()) if key.startswith(prefix))

    def erase(self, bucket, prefix):
        found = [key for key, _ in self.list(bucket, prefix)]
        for key in found:
            del self.buckets[bucket][key]
        yield len(found)


class MemoryProduct:
    """Tables as lists of rows; a table of the fake has the columns `id` and `note`.

    `together` go at the first one's turn; of `of_two` that many rows stay.
    """

    def __init__(self, tables):
        self.tables, self.together, self.of_two = tables, {}, {}

    def count(self, inventory, data_set, root_key):
        return len(self.tables[data_set.name])

    def left(self, inventory, data_set, root_key):
        rows = self.tables[data_set.name]
        if data_set.erase == "retain":
            return 0
        if data_set.erase == "delete":
            return len(rows) - self.of_two.get(data_set.name, 0)
        return sum(row[1] != data_set.mask["note"] for row in rows)

    def erase(self, inventory, data_set, root_key, limit, may=lambda: None):
        """What `may` raises undoes it."""
        before = {name: [list(row) for row in rows] for name, rows in self.tables.items()}
        try:
            erased = self._erase(data_set, limit)
            may()
        except Exception:
            self.tables.update(before)
            raise
        return erased

    def _erase(self, data_set, limit):
        rows = self.tables[data_set.name]
        if data_set.erase == "delete":
            for other in self.together.get(data_set.name, []):
                self.tables[other].clear()
            gone = rows[self.of_two.get(data_set.name, 0) :][:limit]
            rows[:] = [row for row in rows if row not in gone]
            return len(gone)
        fresh = [row for row in rows if row[1] != data_set.mask["note"]][:limit]
        for row in fresh:
            row[1] = data_set.mask["note"]
        return len(fresh)
