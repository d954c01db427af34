"""The ZIP: its length known beforehand, right beyond 4 GiB, and never in memory."""

import tracemalloc
import zipfile

import pytest

from connectors.errors import Rejected
from web.contents import Contents, PackageFile, contents_of
from web.zipping import zipped

MIB, GIB = 1 << 20, 1 << 30
ZEROS = bytes(MIB)


class Endless:
    """Objects of any size, all zeros, but those of `told`; counts how many are open at once."""

    def __init__(self, sizes, told=()):
        self.sizes, self.told, self.open, self.most = sizes, dict(told), 0, 0

    def read(self, bucket, key):
        self.open += 1
        self.most = max(self.most, self.open)
        if key in self.told:
            yield self.told[key]
        else:
            yield from (ZEROS[: min(MIB, self.sizes[key] - at)] for at in range(0, self.sizes[key], MIB))
        self.open -= 1


def contents(sizes):
    return Contents("b", "", {path: PackageFile(path, size, "", 1) for path, size in sizes.items()})


def test_beyond_4_gib_other_programs_still_read_it_and_memory_stays(tmp_path):
    sizes = {"big": 4 * GIB + 5, "small": 5, "after": 300 * MIB, "last": 4}
    store = Endless(sizes, {"small": b"small", "last": b"last"})
    stream = zipped(store, contents(sizes), "f")
    length = len(stream)
    tracemalloc.start()
    with (tmp_path / "all.zip").open("wb") as sparse:
        for chunk in stream:
            if chunk is ZEROS:
                sparse.seek(len(chunk), 1)
            else:
                sparse.write(chunk)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MIB
    assert store.most == 1
    assert (tmp_path / "all.zip").stat().st_size == length
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert {info.filename: info.file_size for info in archive.infolist()} == {f"f/{n}": s for n, s in sizes.items()}
        assert archive.getinfo("f/last").header_offset > 4 * GIB
        assert (archive.read("f/small"), archive.read("f/last")) == (b"small", b"last")


def test_more_files_than_the_old_format_counts_are_all_there(tmp_path):
    sizes = {f"{n:05}": 1 for n in range(70_000)}
    stream = zipped(Endless(sizes), contents(sizes), "f")
    (tmp_path / "all.zip").write_bytes(b"".join(stream))
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len(archive.infolist()) == len(sizes)
    assert (tmp_path / "all.zip").stat().st_size == len(stream)


@pytest.mark.parametrize("size", [4, 6])
def test_a_file_that_is_not_as_long_as_listed_breaks_it_off(size):
    store = Endless({}, {"x": b"12345"})
    with pytest.raises(RuntimeError):
        b"".join(zipped(store, contents({"x": size}), "f"))


@pytest.mark.parametrize("path", ["data/../../x", "/etc/passwd", ".."])
def test_a_manifest_that_leads_outside_is_refused(path):
    class Store:
        def get(self, bucket, key):
            return f"0  {path}\n".encode()

    with pytest.raises(Rejected):
        contents_of(Store(), {"location": "s3://b/p/", "digest": "sha256:0"})
