"""What the system tests need, said at once: root, Debian's Postfix, smtp-sink, nginx, debootstrap.

A Debian mirror and a package index, too: where they do not answer, debootstrap or pip says so.
"""

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

NEEDED = {
    "postfix": "postfix",
    "postconf": "postfix",
    "smtp-sink": "postfix",
    "nginx": "nginx-light",
    "systemd-analyze": "systemd",
    "debootstrap": "debootstrap",
    "unshare": "util-linux",
    "pgrep": "procps",
}


@pytest.fixture(scope="session", autouse=True)
def needs() -> None:
    """Fail, and never skip, where something is missing."""
    said = [
        f"{program} (Debian: apt-get install {package})"
        for program, package in NEEDED.items()
        if shutil.which(program) is None
    ]
    if os.geteuid() != 0:
        said.append("root, because Postfix and nginx are started, and a Debian in a folder")
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


@pytest.fixture
def patient_relay(authority: trustme.CA, open_folder: Path) -> Iterator[Relay]:
    """A Postfix that keeps for a day what nobody takes."""
    pem = open_folder / "relay.pem"
    authority.issue_cert(HOST).private_key_and_cert_chain_pem.write_to_path(str(pem))
    with Relay(open_folder / "postfix", pem, "1d").running() as running:
        yield running
