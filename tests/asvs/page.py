"""docs/asvs.md, made from the requirements and the markers."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from campaign.settings.settings import BASE_DIR
from tests.asvs.reading import BY_CONSTRUCTION, NOT_APPLICABLE, OPEN, proofs, requirements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.asvs.reading import Requirement

    Tests = Mapping[str, Sequence[str]]

PAGE = BASE_DIR / "docs" / "asvs.md"

CHAPTERS = (
    "Escaping and cleaning",
    "Checking input, and the course of things",
    "What browsers do",
    "Services over HTTP",
    "Files",
    "Signing in",
    "Sessions",
    "Who may do what",
    "Tokens that carry data",
    "OAuth and OpenID Connect",
    "Cryptography",
    "Encrypted connections",
    "Settings",
    "Data protection",
    "Code and libraries",
    "Logs and errors",
    "WebRTC",
)

HEAD = """\
# What the tests prove of OWASP ASVS

The [OWASP Application Security Verification Standard](https://github.com/OWASP/ASVS) 5.0.0 asks for
{all} things at its levels 1 and 2. This page says for each which test proves it here, or why there
is none. The words below are ours and shorter; what counts is the standard's own text, which is
published there under CC BY-SA 4.0. It is our own reading of it: no audit and no certificate.

| | in all | with a test | not applicable | by construction | open |
| --- | --- | --- | --- | --- | --- |
{counts}

**Open** at level 1 means that we do not do it, or not wholly, and the table says what is missing:
{open}.
At level 2 it means that no test has a marker for it. Those were not looked at one by one; whole
chapters are about what is not here, such as OAuth and WebRTC.

The page is made by `python -m tests.asvs` from the markers `asvs` of the tests and from
`tests/asvs/requirements.csv`, and `tests/test_asvs.py` fails when it is not up to date. Files of
tests are named from `tests/` on.
"""

TABLE = "| id | level | about | test or reason |\n| --- | --- | --- | --- |\n"


def written() -> str:
    """Return the whole page."""
    wanted, tests = requirements(), _tests()
    parts = [_head(wanted, tests)]
    for chapter, items in groupby(wanted, key=lambda item: item.chapter):
        rows = "".join(_row(item, tests) for item in items)
        parts.append(f"\n## {chapter}. {CHAPTERS[chapter - 1]}\n\n{TABLE}{rows}")
    return "".join(parts)


def _tests() -> Tests:
    found = defaultdict(list)
    for proof in proofs():
        found[proof.requirement].append(f"`{proof}`")
    return found


def _head(wanted: Sequence[Requirement], tests: Tests) -> str:
    counts = "\n".join(_counts(wanted, tests, level) for level in (1, 2))
    still_open = [item.id for item in wanted if item.level == 1 and item.reason.startswith(OPEN)]
    return HEAD.format(all=len(wanted), counts=counts, open=", ".join(still_open))


def _counts(wanted: Sequence[Requirement], tests: Tests, level: int) -> str:
    items = [item for item in wanted if item.level == level]
    kinds = Counter(_kind(item, tests) for item in items)
    cells = (len(items), *(kinds[kind] for kind in ("", NOT_APPLICABLE, BY_CONSTRUCTION, OPEN)))
    return f"| level {level} | " + " | ".join(map(str, cells)) + " |"


def _kind(item: Requirement, tests: Tests) -> str:
    """Return how the reason begins; empty where there is a test."""
    if item.id in tests:
        return ""
    return next(
        (one for one in (NOT_APPLICABLE, BY_CONSTRUCTION) if item.reason.startswith(one)), OPEN
    )


def _row(item: Requirement, tests: Tests) -> str:
    said = "<br>".join(tests.get(item.id, ())) or item.reason or "open"
    return f"| {item.id} | {item.level} | {item.about} | {said} |\n"
