"""A migration that has landed stays as it is: databases that ran it would never notice a change."""

from __future__ import annotations

import hashlib
from pathlib import Path

from campaign.settings.settings import BASE_DIR

FOLDER = BASE_DIR / "campaign" / "store" / "migrations"
LANDED = Path(__file__).with_name("migrations.sha256")
"""As sha256sum writes it, in the folder of the migrations."""


def landed() -> dict[str, str]:
    """Return the SHA-256 of each file by its name."""
    lines = (line.split("  ", 1) for line in LANDED.read_text().splitlines())
    return {name: wanted for wanted, name in lines}


def test_no_migration_changes_after_it_has_landed() -> None:
    for name, wanted in landed().items():
        path = FOLDER / name
        there = hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else "gone"
        assert there == wanted, (
            f"{name} is not what it was when it landed. Databases that have run it will not run "
            "it again: leave it as it was, and write a new migration."
        )


def test_every_migration_is_among_those_that_have_landed() -> None:
    for path in sorted(FOLDER.glob("versions/*.py")):
        name = path.relative_to(FOLDER).as_posix()
        assert name in landed(), (
            f"{name} is new: add its line with `cd campaign/store/migrations && sha256sum {name}"
            f" >> {LANDED}`. Once it has landed, it stays as it is."
        )
