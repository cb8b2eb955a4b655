"""What the system tests need, said at once: root, and Debian's Postfix with its smtp-sink."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from tests.system.relay import HOST, Relay

if TYPE_CHECKING:
    from collections.abc import Iterator

    import trustme

NEEDED = ("postfix", "postconf", "smtp-sink")


@pytest.fixture(scope="session", autouse=True)
def needs() -> None:
    """Fail, and never skip, where something is missing."""
    missing = [name for name in NEEDED if shutil.which(name) is None]
    said = [f"{', '.join(missing)} (Debian: apt-get install postfix)"] if missing else []
    if os.geteuid() != 0:
        said.append("root, because Postfix is started")
    if said:
        pytest.exit(f"make test-system needs {' and '.join(said)}", returncode=1)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users may look into, as Postfix is one; pytest's own are closed."""
    with TemporaryDirectory(prefix="campaign-system-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


@pytest.fixture
def relay(
    authority: trustme.CA, open_folder: Path, request: pytest.FixtureRequest
) -> Iterator[Relay]:
    """A Postfix of our own on loopback; a parameter is the host in its certificate."""
    host = getattr(request, "param", HOST)
    pem = open_folder / "relay.pem"
    authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(pem))
    with Relay(open_folder / "postfix", pem).running() as running:
        yield running
