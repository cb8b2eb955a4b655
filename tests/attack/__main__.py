"""Attack the site: `make attack`. Ends with 1 if something is found; docs/attack.md says what."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

from campaign.settings.settings import BASE_DIR
from tests.attack import slow
from tests.attack.control import holes
from tests.attack.fuzzing import fuzz
from tests.attack.needs import Tools, gather
from tests.attack.report import Attack, rendered
from tests.attack.scanners import addresses, skipped, sqlmap, wapiti
from tests.attack.target import SIGNATURES, Target, target
from tests.helpers.git import commit

REPORT = BASE_DIR / "docs" / "attack.md"
PARSERS = ("messages", "addresses", "campaigns", "keys")


def main() -> None:
    tools = gather()
    attack = Attack(datetime.now(UTC).date().isoformat(), commit(), tools.versions, SIGNATURES)
    with holes() as address:
        find_holes(tools, attack, address)
    with target() as site:
        for kind in slow.HALF_SENT:
            say(f"stalling in {kind}")
            attack.slowed.append(slow.measure(site.site, kind))
        scan(tools, attack, site)
    for parser in PARSERS:
        say(f"fuzzing {parser}")
        attack.fuzzed.append(fuzz(tools, parser))
    REPORT.write_text(rendered(attack), encoding="utf-8")
    say("\n".join(attack.faults) or "Nothing was found.")
    sys.exit(bool(attack.faults))


def find_holes(tools: Tools, attack: Attack, address: str) -> None:
    say("looking whether the scanners see holes")
    attack.controls.append(wapiti(tools, f"{address}/", "Wapiti, a page with holes", []))
    attack.controls.append(sqlmap(tools, "sqlmap, a page with holes", [f"{address}/find?name=a"]))


def scan(tools: Tools, attack: Attack, site: Target) -> None:
    public, console = addresses(site)
    cookie, postgresql = ["--cookie", site.cookie], ["--dbms", "PostgreSQL"]
    for name, starts, more in (
        ("Wapiti, the public site", [], ["--exclude", f"{site.address}/console/*"]),
        ("Wapiti, the console", [f"{site.address}/console/"], ["-C", site.cookie]),
    ):
        say(name)
        options = [*more, *skipped(site.address)]
        attack.scans.append(wapiti(tools, f"{site.address}/en/", name, starts, options))
    say("sqlmap")
    attack.scans.append(sqlmap(tools, "sqlmap, the public site", public, postgresql))
    attack.scans.append(sqlmap(tools, "sqlmap, the console", console, [*cookie, *postgresql]))


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
