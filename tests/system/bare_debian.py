"""A bare Debian 12 to type commands into: in a folder, with processes and a network of its own.

It reaches nothing but itself, so nothing can leave it: Debian's packages and Python's are brought
before. systemd does not run in it, and other machines are not there; `stand_ins` say what does
their part.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pyrage
import trustme
from packaging.markers import Marker

from campaign.settings.settings import BASE_DIR
from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    from collections.abc import Iterator

HOST = "letters.example.org"
RELEASE, MIRROR = "bookworm", "http://deb.debian.org/debian"
SERVER = "systemd,sudo,iproute2,procps,ca-certificates"
"""What Debian's installer brings beside the smallest system, as far as commands need it."""

PYTHON = {"python_version": "3.11", "python_full_version": "3.11.2"}
"""Debian 12's. https://packages.debian.org/bookworm/python3"""

SERVICES = ("postgresql", "nginx", "postfix", "opendkim")
"""What Debian starts as soon as it is installed, where there is a systemd."""

STAND_INS = Path(__file__).parent / "stand_ins"
PATIENCE = 30.0

_BOOT = """\
set -e
mount --bind "$1" "$1"
mount -t proc proc "$1/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
for folder in dev/shm run tmp; do mount -t tmpfs -o mode=1777 tmpfs "$1/$folder"; done
mount --bind "$1/other-machine" "$1/other-machine"  # a disk of its own
hostname letters
ip link set lo up
touch "$1/run/booted"
while :; do sleep 1; done  # and takes in what others leave behind, as a first process does
"""

_ANSWERS = f"""\
postfix postfix/main_mailer_type select Internet Site
postfix postfix/mailname string {HOST}
"""
_FILES = {
    "etc/hosts": f"127.0.0.1 localhost letters {HOST}\n",
    "etc/hostname": "letters\n",
    "etc/sudoers.d/ada": "ada ALL=(ALL) NOPASSWD: ALL\n",
    "etc/pip.conf": "[global]\nno-index = true\nfind-links = /wheels\n",
    "etc/gitconfig": (
        '[url "file:///source"]\n\tinsteadOf = https://git.example.org/campaign.git\n'
        "[safe]\n\tdirectory = *\n"
    ),
    "etc/dpkg/dpkg.cfg.d/quick": "force-unsafe-io\n",
}


class BareDebian:
    """Its files are under `root`; `type` is somebody at its keyboard who may use sudo."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "debian"
        self.other_machine = self.root / "other-machine"
        """Home of the user backup there, with the keys of backups."""
        self._process: subprocess.Popen[bytes] | None = None

    def install(self, packages: list[str]) -> None:
        """Bring all that the commands will ask for. Raise AssertionError with what failed."""
        _run("debootstrap", "--variant=minbase", f"--include={SERVER}", RELEASE, self.root, MIRROR)
        _run("chroot", self.root, "apt-get", "update")
        fetch = ("apt-get", "install", "--download-only", "--yes", *packages)
        _run("chroot", self.root, *fetch)
        self._bring_python_packages()
        self._bring_the_checkout()
        self._settle_in()

    def _bring_python_packages(self) -> None:
        """Download what requirements.txt asks for there, where Python is not this one."""
        requirements = self.root / "requirements.txt"
        asked = (BASE_DIR / "requirements.txt").read_text().replace("\\\n", " ").splitlines()
        requirements.write_text("\n".join(filter(None, map(_asked_there, asked))))
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check")
        _run(*pip, "--require-hashes", "--no-deps", "-r", requirements, "-d", self.root / "wheels")

    def _bring_the_checkout(self) -> None:
        """Make a repository of what is here now, committed or not."""
        source = self.root / "source"
        listed = _run("git", "-C", BASE_DIR, "ls-files", "-z", "-co", "--exclude-standard")
        for name in filter(None, listed.split("\0")):
            if (BASE_DIR / name).is_file():
                (source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(BASE_DIR / name, source / name)
        git = ("git", "-C", source, "-c", "user.name=Test", "-c", "user.email=test@example.org")
        _run("git", "init", "--quiet", source)
        _run(*git, "add", "--all")
        _run(*git, "commit", "--quiet", "--no-gpg-sign", "--message", "What is tested")

    def _settle_in(self) -> None:
        for name, text in _FILES.items():
            (self.root / name).write_text(text)
        (self.root / "etc/resolv.conf").unlink(missing_ok=True)
        for path in STAND_INS.iterdir():
            shutil.copy(path, self.root / "usr/local/sbin" / path.name)
        self._make_a_certificate()
        self._make_another_machine()
        _run("chroot", self.root, "useradd", "--create-home", "--shell", "/bin/bash", "ada")
        _run("chroot", self.root, "debconf-set-selections", given=_ANSWERS)

    def _make_a_certificate(self) -> None:
        """Leave one for certbot's stand-in, by an authority that this machine believes."""
        authority, folder = trustme.CA(), self.root / "authority"
        folder.mkdir()
        leaf = authority.issue_cert(HOST)
        leaf.private_key_pem.write_to_path(str(folder / "privkey.pem"))
        leaf.cert_chain_pems[0].write_to_path(str(folder / "fullchain.pem"))
        trusted = self.root / "etc/ssl/certs/ca-certificates.crt"
        authority.cert_pem.write_to_path(str(trusted), append=True)

    def _make_another_machine(self) -> None:
        self.other_machine.mkdir()
        self.other_machine.chmod(0o777)  # ssh's stand-in comes as the site's user
        key = pyrage.x25519.Identity.generate()
        (self.other_machine / "backup.key").write_text(f"{key}\n")
        (self.other_machine / "backup.pub").write_text(f"{key.to_public()}\n")

    @contextmanager
    def booted(self) -> Iterator[BareDebian]:
        spaces = ("--mount", "--net", "--pid", "--uts", "--fork", "--kill-child")
        process = guard.popen(["unshare", *spaces, "bash", "-c", _BOOT, "boot", str(self.root)])
        self._process = process
        try:
            deadline = time.monotonic() + PATIENCE
            while not self._child() or "booted" not in self._ran("ls", "/run").stdout:
                assert time.monotonic() < deadline, "the bare Debian did not start"
                time.sleep(0.1)
            yield self
        finally:
            process.kill()
            process.wait(PATIENCE)

    def type(self, commands: str) -> str:
        """Type commands as a person without rights; return what they say.

        The first that fails ends it, with an AssertionError that has everything that was said.
        """
        done = self.tried(commands)
        assert done.returncode == 0, f"{commands}\n{done.stdout}"
        return done.stdout

    def start_what_was_installed(self) -> None:
        for service in SERVICES:
            self.type(f"sudo service {service} start")

    def tried(self, commands: str) -> subprocess.CompletedProcess[str]:
        """Type commands that may fail."""
        typed = self.root / "home/ada/typed"
        typed.write_text(commands)
        return self._ran("runuser", "--login", "ada", "-c", "bash -ex typed")

    def _child(self) -> str:
        """The number of its first process; none until `unshare` has forked."""
        assert self._process is not None
        found = ["pgrep", "--parent", str(self._process.pid)]
        done = subprocess.run(found, capture_output=True, text=True, check=False)
        return done.stdout.partition("\n")[0]

    def _ran(self, *command: str) -> subprocess.CompletedProcess[str]:
        spaces = ("--mount", "--net", "--pid", "--uts", f"--target={self._child()}")
        clean = ("env", "-i", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin")
        return subprocess.run(
            ["nsenter", *spaces, "chroot", self.root, *clean, *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )


def _asked_there(line: str) -> str:
    """Return a line of requirements.txt without its marker; nothing if it is not for there."""
    named, hashes, rest = line.partition("--hash")
    what, _, marker = named.partition(";")
    wanted = not marker.strip() or Marker(marker).evaluate(PYTHON)
    return what + hashes + rest if wanted and hashes else ""


def _run(*command: object, given: str | None = None) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{words}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done.stdout
