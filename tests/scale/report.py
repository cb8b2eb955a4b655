"""docs/scale.md: how long pages take, which part was killed, and how long the site was not well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.scale.arrivals import ARRIVALS, MORE_MS, ROUNDS, SECONDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bad_days.books import TrialResult
    from tests.scale.arrivals import Page


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
  every mail and letter had left, or was uncertain. What a mail server was being told where a part
  was killed is taken up again after 25 minutes, longer than a server may take over its answers, if
  nobody could write down what became of it; what was only claimed after five.
- With every web process down, {came} of {asked} requests for the letter's page were answered from
  nginx' cache.

## Every public page, through nginx and from the web server alone

Before that load, {rounds} times in turns, {arrivals} visitors come to each page at random moments
of {seconds:.0f} s, at times several at once, over plain HTTP to gunicorn alone and over TLS to
nginx. Milliseconds until a visitor had the whole page, for half of them and for all but one in a
hundred. Limit: through nginx all but one in a hundred wait at most {more:.0f} ms longer.

| page | alone, half | alone, 99 % | nginx, half | nginx, 99 % |
| --- | --- | --- | --- | --- |
{pages}
"""


def rendered(
    when: str,
    arrivals: Sequence[Page],
    killed: Sequence[Killed],
    tried: TrialResult,
    dark: tuple[int, int],
    away: tuple[int, int],
    drained: float,
) -> str:
    rows = "".join(f"| {one.part} | {_said(one.well_again_after)} |\n" for one in killed)
    return TEXT.format(
        when=when,
        rows=rows,
        tried=tried,
        came=dark[0],
        asked=dark[1],
        away=f"{away[0]:,}",
        broken=f"{away[1]:,}",
        drained=drained,
        rounds=ROUNDS,
        arrivals=ARRIVALS,
        seconds=SECONDS,
        more=MORE_MS,
        pages="\n".join(_row(page) for page in arrivals),
    )


def _row(page: Page) -> str:
    times = page.alone.p50, page.alone.p99, page.through.p50, page.through.p99
    over = "" if page.is_well else ", over the limit"
    return f"| `{page.path}`{over} | {' | '.join(f'{one:.1f}' for one in times)} |"


def _said(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds else "it was not missed"
