"""docs/attack.md: what was done to the site, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.attack import slow
from tests.attack.fuzzing import SECONDS
from tests.attack.scanners import SECONDS_EACH

if TYPE_CHECKING:
    from tests.attack.fuzzing import Fuzzed
    from tests.attack.scanners import Scan
    from tests.attack.slow import Slowed

HEAD = """\
# Attacked

`make attack` on {day}, commit {commit}, on loopback without a network: {tools}.

The site stood as it is deployed: gunicorn with `campaign/server.py` behind nginx with
`deploy/nginx/campaign.conf` (its requests per second from one address lifted), in production, on
PostgreSQL, with {signatures} signatures. What the page says is what one run found; a scanner that
finds nothing proves little.
"""

STALLING = """\
## Clients that stall

{clients} clients over TLS, each from an address of its own, that send a byte every few seconds, or
ask for the poster and read nothing, and come again when they are dropped. Beside them one visitor
asks for the form {visits} times, each time over a new connection. Limit: {limit:.0f} ms
more, by the median.

| stalled in | connected | alone, median | beside them, median | worst |
| --- | --- | --- | --- | --- |
"""

SCANNING = """\
## Scanners

Wapiti crawls, then each module has {seconds} seconds for each half of the site; of the governments
one is attacked, and of the languages one. sqlmap tries every parameter and the parts of paths
(level 2). The first rows are a page with holes on purpose: both have to find some there.

| scanner and target | addresses and forms | found | modules that ran out of time |
| --- | --- | --- | --- |
"""

FUZZING = """\
## Parsers

atheris, {seconds} seconds each, guided by the lines that are reached, from one good input.

| parser | inputs | broke on |
| --- | --- | --- |
"""


@dataclass
class Attack:
    """One run."""

    day: str
    commit: str
    versions: dict[str, str]
    signatures: int
    slowed: list[Slowed] = field(default_factory=list)
    controls: list[Scan] = field(default_factory=list)
    scans: list[Scan] = field(default_factory=list)
    fuzzed: list[Fuzzed] = field(default_factory=list)

    @property
    def faults(self) -> list[str]:
        """Return every promise that did not hold."""
        slow_ones = [
            f"{one.connected} clients that stall in their {one.kind} cost {one.more:.0f} ms"
            for one in self.slowed
            if one.more > slow.LIMIT_MS or one.connected < slow.CLIENTS * 0.9
        ]
        blind = [
            f"{one.name} does not find holes that are there"
            for one in self.controls
            if not one.found
        ]
        holes = [f"{scan.name}: {found}" for scan in self.scans for found in scan.found]
        broken = [f"{one.parser}: {one.broke_on}" for one in self.fuzzed if one.broke_on]
        return [*slow_ones, *blind, *holes, *broken]


def rendered(attack: Attack) -> str:
    tools = ", ".join(f"{name} {version}" for name, version in attack.versions.items())
    head = HEAD.format(
        day=attack.day, commit=attack.commit, tools=tools, signatures=attack.signatures
    )
    stalling = STALLING.format(clients=slow.CLIENTS, visits=slow.VISITS, limit=slow.LIMIT_MS)
    parts = [
        head,
        stalling + "".join(map(_slow, attack.slowed)),
        SCANNING.format(seconds=SECONDS_EACH)
        + "".join(map(_scan, (*attack.controls, *attack.scans))),
        FUZZING.format(seconds=SECONDS) + "".join(map(_fuzzed, attack.fuzzed)),
        "## What was found\n\n" + _faults(attack),
    ]
    return "\n".join(parts)


def _slow(one: Slowed) -> str:
    return (
        f"| {one.kind} | {one.connected} | {one.alone:.1f} ms | {one.beside:.1f} ms |"
        f" {one.worst:.0f} ms |\n"
    )


def _scan(scan: Scan) -> str:
    stopped = ", ".join(scan.stopped) or "–"
    return f"| {scan.name} | {scan.asked} | {len(scan.found)} | {stopped} |\n"


def _fuzzed(one: Fuzzed) -> str:
    return f"| {one.parser} | {one.inputs:,} | {'something' if one.broke_on else 'nothing'} |\n"


def _faults(attack: Attack) -> str:
    return "".join(f"- {fault}\n" for fault in attack.faults) or "Nothing was found.\n"
