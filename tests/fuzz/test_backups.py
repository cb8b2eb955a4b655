"""A backup comes back whole, or not at all, and writes nothing outside of its folder."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import json
import lzma
import shutil
import tarfile
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pyrage
import pytest
from hypothesis import given, strategies as st

from campaign.backup import archive
from campaign.errors import BackupError
from tests.fuzz import bounded
from tests.fuzz.strategies import ANY_BYTES, ANY_TEXT, corrupted

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Unpack = Callable[[bytes], archive.Manifest]

KEY = pyrage.x25519.Identity.generate()
PUBLIC = KEY.to_public()
DATABASE, LEDGER = b"SQLite format 3\0" * 40, b"a line\n"
MADE_AT = "2026-11-02T10:00:00+00:00"
NAMES = ["backup.tar", "database", "erased.ledger", "manifest.json"]

Member = tuple[tarfile.TarInfo, bytes]


def member(name: str, content: bytes = b"", **said: Any) -> Member:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    for field, value in said.items():
        setattr(info, field, value)
    return info, content


def manifest(**said: Any) -> Member:
    sums = {"database": DATABASE, "erased.ledger": LEDGER}
    usual = {
        "made_at": MADE_AT,
        "dialect": "sqlite",
        "sums": {name: hashlib.sha256(content).hexdigest() for name, content in sums.items()},
        "format": 1,
    }
    return member("manifest.json", json.dumps(usual | said).encode())


GOOD = [manifest(), member("database", DATABASE), member("erased.ledger", LEDGER)]


def tar(members: list[Member], form: int = tarfile.PAX_FORMAT) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as file:
        for info, content in members:
            file.addfile(info, io.BytesIO(content))
    return made.getvalue()


def header(kind: bytes, size: int) -> bytes:
    """Return a header that claims to be followed by so many bytes."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


@pytest.fixture
def unpack(tmp_path: Path) -> Unpack:
    """Unpack what was encrypted to the right key; nothing may appear beside its folder."""
    source, around = tmp_path / "backup.age", tmp_path / "around"

    def unpacked(encrypted: bytes) -> archive.Manifest:
        shutil.rmtree(around, ignore_errors=True)
        folder = around / "inside"
        folder.mkdir(parents=True)
        source.write_bytes(encrypted)
        try:
            return archive.unpack(source, folder, KEY)
        finally:
            assert [path.name for path in around.iterdir()] == ["inside"]
            there = list(folder.iterdir())
            assert {path.name for path in there} <= set(NAMES)
            assert all(path.is_file() and not path.is_symlink() for path in there)
            assert sum(path.stat().st_size for path in there) <= 2 * len(encrypted)

    return unpacked


def encrypted(plain: bytes) -> bytes:
    sealed: bytes = pyrage.encrypt(plain, [PUBLIC])
    return sealed


def is_refused(unpack: Unpack, wire: bytes) -> bool:
    try:
        unpack(wire)
    except BackupError:
        return True
    return False


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a backup as the command makes it."""
    folder = tmp_path_factory.mktemp("packed")
    (folder / "database").write_bytes(DATABASE)
    (folder / "erased.ledger").write_bytes(LEDGER)
    manifest = archive.Manifest(MADE_AT, "sqlite", archive.checksums(folder))
    archive.pack(folder, folder / "backup.age", manifest, [PUBLIC])
    return (folder / "backup.age").read_bytes()


def test_what_was_packed_comes_back(unpack: Unpack, packed: bytes, tmp_path: Path) -> None:
    assert unpack(packed).made_at == unpack(encrypted(tar(GOOD))).made_at == MADE_AT
    folder = tmp_path / "around" / "inside"
    assert (folder / "database").read_bytes() == DATABASE
    assert (folder / "erased.ledger").read_bytes() == LEDGER


@bounded
@given(data=st.data())
def test_a_backup_that_was_changed_or_cut_anywhere_is_refused(
    unpack: Unpack, packed: bytes, data: st.DataObject
) -> None:
    wire = data.draw(st.one_of(ANY_BYTES, corrupted(packed)))
    assert is_refused(unpack, wire) is (wire != packed)


@bounded
@given(plain=st.one_of(ANY_BYTES, corrupted(tar(GOOD)[:4096])))
def test_whatever_was_encrypted_is_refused_or_is_the_very_same(
    unpack: Unpack, plain: bytes, tmp_path: Path
) -> None:
    if not is_refused(unpack, encrypted(plain)):
        folder = tmp_path / "around" / "inside"
        assert (folder / "database").read_bytes() == DATABASE
        assert (folder / "erased.ledger").read_bytes() == LEDGER


DATABASE_LINK = member("database", type=tarfile.SYMTYPE, linkname="/etc/passwd")
TARS: dict[str, list[Member]] = {
    "a name above its folder": [*GOOD, member("../evil", b"x")],
    "a name above its folder first": [member("../evil", b"x"), *GOOD],
    "a name from the root": [member("/tmp/evil", b"x"), *GOOD],  # noqa: S108
    "a link": [GOOD[0], DATABASE_LINK, GOOD[2]],
    "a link, and what goes through it": [DATABASE_LINK, *GOOD],
    "a hard link": [GOOD[0], member("database", type=tarfile.LNKTYPE, linkname="manifest.json")],
    "a device": [GOOD[0], member("database", type=tarfile.CHRTYPE), GOOD[2]],
    "a pipe": [GOOD[0], member("database", type=tarfile.FIFOTYPE), GOOD[2]],
    "a folder": [GOOD[0], member("database", type=tarfile.DIRTYPE), GOOD[2]],
    "ten thousand files": [member(f"file-{n}") for n in range(10_000)],
    "ten thousand files more": [*GOOD, *(member(f"file-{n}") for n in range(10_000))],
    "each file twice": [*GOOD, *GOOD],
    "another order": [GOOD[1], GOOD[0], GOOD[2]],
    "no ledger": GOOD[:2],
    "the tar file itself": [member("backup.tar", b"x"), *GOOD],
    "a file with a hole": [
        GOOD[0],
        member(
            "database",
            b"1\n0\n0\n".ljust(512, b"\0"),
            pax_headers={"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}
            | {"GNU.sparse.realsize": str(1 << 40), "GNU.sparse.name": "database"},
        ),
        GOOD[2],
    ],
    "a size that is no number": [GOOD[0], member("database", DATABASE, pax_headers={"size": "x"})],
    "a size below nothing": [GOOD[0], member("database", DATABASE, pax_headers={"size": "-9"})],
    "another name behind the name": [
        *GOOD[:2],
        member("erased.ledger", LEDGER, pax_headers={"path": "../evil"}),
    ],
    "a manifest in a thousand brackets": [member("manifest.json", b"[" * 100_000), *GOOD[1:]],
    "a manifest without end": [member("manifest.json", b" " * (2 << 20)), *GOOD[1:]],
    "a manifest of nothing": [member("manifest.json", b"null"), *GOOD[1:]],
    "a manifest in another alphabet": [member("manifest.json", b"\xff\xfe{"), *GOOD[1:]],
    "a manifest that says more": [manifest(more=1), *GOOD[1:]],
    "a manifest without sums": [manifest(sums={}), *GOOD[1:]],
    "sums that are a list": [manifest(sums=[]), *GOOD[1:]],
    "a time that is none": [manifest(made_at="\x1b[2J"), *GOOD[1:]],
    "a time that is a number": [manifest(made_at=5), *GOOD[1:]],
    "another format": [manifest(format=4), *GOOD[1:]],
    "a time of no zone": [manifest(made_at="2026-11-02T10:00:00"), *GOOD[1:]],
    "keys that are no list": [manifest(sealing={}), *GOOD[1:]],
    "keys that are no words": [manifest(sealing=[5]), *GOOD[1:]],
    "keys that are no names": [manifest(sealing=["x"]), *GOOD[1:]],
    "a mark that is none": [manifest(identity="x"), *GOOD[1:]],
    "a mark that is a number": [manifest(identity=5), *GOOD[1:]],
    "other hosts that are no list": [manifest(elsewhere={}), *GOOD[1:]],
    "other hosts that are no words": [manifest(elsewhere=[[]]), *GOOD[1:]],
    "a format that is none": [manifest(format=[]), *GOOD[1:]],
}


@pytest.mark.parametrize("members", TARS.values(), ids=TARS)
def test_a_tar_file_of_anything_else_is_refused_and_writes_nothing_outside(
    unpack: Unpack, members: list[Member]
) -> None:
    with pytest.raises(BackupError):
        unpack(encrypted(tar(members)))


@pytest.mark.parametrize("squeeze", [gzip.compress, bz2.compress, lzma.compress])
def test_a_tar_file_that_would_grow_is_refused(
    unpack: Unpack, squeeze: Callable[[bytes], bytes]
) -> None:
    large = [GOOD[0], member("database", bytes(4 << 20)), GOOD[2]]
    for plain in (tar(large), tar(GOOD)):
        with pytest.raises(BackupError):
            unpack(encrypted(squeeze(plain)))


@pytest.mark.parametrize("size", [2 << 20, 8 << 30, 1 << 50])
@pytest.mark.parametrize("kind", list("LKxgXS0"))
def test_a_header_that_claims_to_be_huge_is_not_believed(
    unpack: Unpack, kind: str, size: int
) -> None:
    for before in (b"", tar(GOOD[:1])[:-1024]):
        with pytest.raises(BackupError):
            unpack(encrypted(before + header(kind.encode(), size) + tar(GOOD)))


@pytest.mark.parametrize("kind", list("xgLK"))
def test_headers_upon_headers_are_refused(unpack: Unpack, kind: str) -> None:
    with pytest.raises(BackupError):
        unpack(encrypted(header(kind.encode(), 0) * 5_000 + tar(GOOD)))


@bounded
@given(
    text=st.one_of(ANY_TEXT, corrupted(str(KEY).encode()).map(lambda one: one.decode("latin-1")))
)
def test_any_text_is_a_key_or_is_refused(text: str) -> None:
    for read in (archive.parse_identity, lambda one: archive.parse_recipients([one])):
        with suppress(BackupError):
            assert read(text)
