"""docs/scale.md: which part was killed, and how long the site was not well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bad_days.books import Tried


@dataclass(frozen=True)
class Killed:
    part: str
    well_again_after: float


TEXT = """\
# The whole machine under load

`make scale-test` on {when}: nginx with the configuration that is documented, two web processes,
three workers, PostgreSQL and Redis on two shared cores, on loopback, with the visitors and a mail
server beside them. Visitors come through nginx over TLS, sign and confirm; every other one wants a
letter sent. Meanwhile each part is killed (-9) once, and started again a second later.

| killed | well again after |
| --- | --- |
{rows}
"Well" is what `/readyz` says through nginx, asked twenty times a second, from the kill on. Workers
and Redis are not missed by it: other workers go on, and each process counts floods by itself.

- {tried.what}: {tried.answered:,} answers "check your mail" or "you are counted",
  {away} of them asked for again after an answer 503 with Retry-After, {broken} after a broken
  connection.
- **Lost {tried.lost}, doubled {tried.doubled}**, by the books of
  [reliability.md](reliability.md); {drained:.0f} s after the last signature
  every mail and letter had left, or was uncertain. What was in hand where a part was killed is
  taken up again five minutes after it was claimed, if nobody could write down what became of it.
- With every web process down, {came} of {pages} requests for the letter's page were answered from
  nginx' cache.
"""


def rendered(
    when: str,
    killed: Sequence[Killed],
    tried: Tried,
    pages: tuple[int, int],
    away: tuple[int, int],
    drained: float,
) -> str:
    rows = "".join(f"| {one.part} | {_said(one.well_again_after)} |\n" for one in killed)
    return TEXT.format(
        when=when,
        rows=rows,
        tried=tried,
        came=pages[0],
        pages=pages[1],
        away=f"{away[0]:,}",
        broken=f"{away[1]:,}",
        drained=drained,
    )


def _said(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds else "it was not missed"
