"""A Postfix relay and smtp-sinks, on loopback only: nothing of it can leave the machine."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.helpers import process_reaper as guard

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOST = "127.0.0.1"
PATIENCE = 60.0

# What is not named here is refused: no route leads out.
MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log/mail.log
maillog_file_prefixes = {folder}
inet_interfaces = {host}
inet_protocols = ipv4
myhostname = relay.example.org
mydestination =
local_recipient_maps =
local_transport = error:nothing is local here
default_transport = error:nothing leaves this test
relay_domains = example.org discarding.example bouncing.example deferring.example
relay_recipient_maps =
transport_maps = inline:{{
    {{ example.org = campaign: }}
    {{ lmtp.example.org = lmtp:unix:{folder}/lmtp/lmtp.sock }}
    {{ discarding.example = discard: }}
    {{ bouncing.example = smtp:[{host}]:{bounce_port} }}
    {{ deferring.example = smtp:[{host}]:{defer_port} }} }}
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_chain_files = {pem}
smtp_tls_security_level = none
smtp_host_lookup = native
disable_dns_lookups = yes
notify_classes =
delay_warning_time = 0
maximal_queue_lifetime = {lifetime}
bounce_queue_lifetime = {lifetime}
fast_flush_domains =
campaign_destination_recipient_limit = 1
"""

MASTER_CF = """\
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
smtp unix - - n - - smtp
lmtp unix - - n - 2 lmtp
error unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
campaign unix - n n - 1 pipe
  flags=R null_sender= user=nobody argv={folder}/hand-over {folder}/inbound ${{original_recipient}}
"""

# As deploy/bin/campaign-inbound, but for the last step: Postfix's user may not be able to run our
# Python here, so the test runs the command with what Postfix hands over.
HAND_OVER = """\
#!/bin/sh
set -e
message=$(mktemp "$1/message-XXXXXX")
cat > "$message"
printf '%s' "$2" > "$message.part"
mv "$message.part" "$message.to"
"""


class Relay:
    """A Postfix with a configuration, a queue and a log of its own.

    `lifetime`: how long it tries, in Postfix's words. 0 is once, and then it gives up.
    """

    def __init__(self, folder: Path, pem: Path, lifetime: str = "0") -> None:
        self.folder = folder
        self._lifetime = lifetime
        self.port = free_port()
        self._pem = pem

    @contextmanager
    def running(self) -> Iterator[Relay]:
        with sink("-f", "RCPT") as bounce_port, sink("-r", "RCPT") as defer_port:
            self._write(bounce_port, defer_port)
            self._postfix("start")
            try:
                wait_for_port(self.port)
                yield self
            finally:
                self._postfix("stop")

    def inbound(self, count: int = 1) -> list[tuple[str, bytes]]:
        """Wait for so many messages that came back; return recipient and bytes of each."""
        deadline = time.monotonic() + PATIENCE
        while len(found := sorted((self.folder / "inbound").glob("*.to"))) < count:
            assert time.monotonic() < deadline, (self.folder / "log" / "mail.log").read_text()
            time.sleep(0.1)
        return [(path.read_text(), path.with_suffix("").read_bytes()) for path in found]

    @property
    def lmtp_socket(self) -> Path:
        """Where it brings what is for lmtp.example.org."""
        return self.folder / "lmtp" / "lmtp.sock"

    def try_again(self) -> None:
        """Bring what waits, at once."""
        subprocess.run(["postqueue", "-c", self.folder / "config", "-f"], check=True)

    def log(self) -> str:
        return (self.folder / "log" / "mail.log").read_text()

    def waits(self) -> int:
        """Return how many messages wait to be brought again."""
        return sum(path.is_file() for path in (self.folder / "queue" / "deferred").rglob("*"))

    def _write(self, bounce_port: int, defer_port: int) -> None:
        for name in ("config", "queue", "data", "log", "inbound"):
            (self.folder / name).mkdir(parents=True)
        values = {
            "folder": self.folder,
            "host": HOST,
            "port": f"{HOST}:{self.port}",
            "pem": self._pem,
            "lifetime": self._lifetime,
            "bounce_port": bounce_port,
            "defer_port": defer_port,
        }
        (self.folder / "config" / "main.cf").write_text(MAIN_CF.format(**values))
        (self.folder / "config" / "master.cf").write_text(MASTER_CF.format(**values))
        hand_over = self.folder / "hand-over"
        hand_over.write_text(HAND_OVER)
        hand_over.chmod(0o755)
        (self.folder / "inbound").chmod(0o777)
        shutil.chown(self.folder / "data", "postfix", "postfix")
        # As deploy/tmpfiles/campaign-inbound.conf makes it.
        (self.folder / "lmtp").mkdir()
        shutil.chown(self.folder / "lmtp", group="postfix")
        (self.folder / "lmtp").chmod(0o2750)

    def _postfix(self, command: str) -> None:
        done = subprocess.run(
            ["postfix", "-c", self.folder / "config", command],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run an smtp-sink with these options; give its port."""
    port = free_port()
    process = guard.popen(["smtp-sink", "-u", "nobody", *options, f"{HOST}:{port}", "100"])
    try:
        wait_for_port(port)
        yield port
    finally:
        process.kill()
        process.wait(PATIENCE)


def free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            with socket.create_connection((HOST, port), timeout=1) as connection:
                connection.recv(1)
                return
        except OSError:
            assert time.monotonic() < deadline, f"nothing answers on port {port}"
            time.sleep(0.05)
