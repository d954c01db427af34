"""Attachments: what can't be copied is listed with why, what hinders all copies isn't a file's fault, nothing is copied twice."""

import pytest

from activities.package_files import Attachments
from activities.package_place import PackagePlace
from connectors.errors import NotFound, Unauthorized
from models.exporting import PackageRequest
from models.vocabulary import Stage

REQUEST = PackageRequest(case="acme-1", account="acme", stage=Stage.EXPORT, step="export_files", plan_hash="h")
OURS, FOLDER = "accounts/acme/", "data/files/papers"
BAG = f"acme/acme-1/1/{FOLDER}/"


class Objects:
    """Two buckets in memory; `secret` are keys that we may see but not read."""

    def __init__(self, product: dict[str, bytes]) -> None:
        self.kept = {("product", key): body for key, body in product.items()}
        self.secret: set[str] = set()
        self.copied: list[str] = []
        self.full = False

    def list(self, bucket, prefix):
        found = sorted(key for place, key in self.kept if place == bucket and key.startswith(prefix))
        return iter([(key, len(self.kept[bucket, key])) for key in found])

    def copy(self, source, target):
        if self.full or source[1] in self.secret:
            raise Unauthorized("s3", "no")
        self.copied.append(source[1])
        self.kept[target] = self.kept[source]

    def read(self, bucket, key):
        if key in self.secret:
            raise Unauthorized("s3", "no")
        if (bucket, key) not in self.kept:
            raise NotFound("s3", "no")
        yield self.kept[bucket, key]

    def erase(self, bucket, prefix):
        for key, _ in self.list(bucket, prefix):
            del self.kept[bucket, key]
            yield 1


def copied(objects, listed=()):
    attachments = Attachments(PackagePlace(objects, "exports", REQUEST), "product", FOLDER)
    return {each.key.removeprefix(OURS): each for each in attachments.copied(OURS, listed)}


def test_a_file_that_may_not_be_read_is_listed_and_the_rest_is_there():
    objects = Objects({f"{OURS}a": b"1", f"{OURS}b": b"22"})
    objects.secret = {f"{OURS}a"}
    found = copied(objects)
    assert (found["a"].missing, found["b"].file.size_bytes) == ("not readable", 2)


def test_a_bucket_that_takes_no_copies_is_no_fault_of_a_file():
    objects = Objects({f"{OURS}a": b"1"})
    objects.full = True
    with pytest.raises(Unauthorized):
        copied(objects)


def test_a_key_that_a_row_made_up_is_never_asked_for():
    objects = Objects({f"{OURS}a": b"1", "accounts/other/secret": b"theirs"})
    objects.copy = lambda *_: pytest.fail("asked for") if "other" in str(_) else None
    objects.kept["exports", f"{BAG}a"] = b"1"
    found = copied(objects, [f"{OURS}../other/secret", "accounts/other/secret", f"{OURS}a", "gone"])
    assert {name: each.missing for name, each in found.items()} == {
        "a": "",
        "../other/secret": "not found",
        "accounts/other/secret": "outside of the account's files",
        "gone": "outside of the account's files",
    }


def test_a_second_run_copies_what_is_not_there_and_takes_away_what_no_file_has_any_more():
    objects = Objects({f"{OURS}a": b"1", f"{OURS}b": b"2"})
    first = copied(objects)
    objects.copied.clear()
    assert copied(objects) == first
    assert objects.copied == []
    objects.kept["product", f"{OURS}A"] = b"3"  # so that `a` needs another name now
    objects.kept["product", f"{OURS}b"] = b"longer"
    again = copied(objects)
    there = {key.removeprefix(BAG) for (bucket, key) in objects.kept if bucket == "exports"}
    assert there == {each.file.path.removeprefix(f"{FOLDER}/") for each in again.values()}
    assert ("a" in there, again["b"].file.size_bytes) == (False, 6)
    assert all(objects.kept["exports", f"acme/acme-1/1/{each.file.path}"] for each in again.values())


def test_a_file_that_goes_away_meanwhile_is_not_found():
    objects = Objects({f"{OURS}a": b"1"})

    def gone(source, _):
        del objects.kept[source]
        raise NotFound("s3", "no")

    objects.copy = gone
    assert copied(objects)["a"].missing == "not found"
