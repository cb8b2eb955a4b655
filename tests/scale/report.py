"""docs/scale.md: how long pages take, which part was killed, and how long the site was not well."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.scale.arrivals import ARRIVALS, MORE_MS, ROUNDS, SECONDS
from tests.scale.under_load import EVERY, RATE, READS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bad_days.books import TrialResult
    from tests.scale.arrivals import Page
    from tests.scale.machines import Machine
    from tests.scale.under_load import PageTimes


@dataclass(frozen=True)
class Killed:
    part: str
    well_again_after: float


@dataclass(frozen=True)
class Outcome:
    """What came of the load on a machine.

    `costs`: processor milliseconds for a signature, by part.
    `dark`: how many of how many pages came without a web process. `away`: how often the site said
    that it was away, and how often a connection broke. `pages`: without load, if measured.
    """

    machine: Machine
    pages: Sequence[Page]
    times: Sequence[PageTimes]
    costs: Mapping[str, float]
    killed: Sequence[Killed]
    tried: TrialResult
    dark: tuple[int, int]
    away: tuple[int, int]
    drained: float
    facts: Sequence[str]

    @property
    def is_well(self) -> bool:
        came, asked = self.dark
        return self.tried.is_well and came == asked and all(page.is_well for page in self.pages)


TEXT = """\
# The whole site under load

`make scale-test` on {when}, on two shared cores and loopback, with the visitors and a mail server
beside the site. Visitors come through nginx over TLS, sign and confirm, {rate} a second; every
other one wants a letter sent. {reads} public pages a second are read meanwhile. Once it has run
calmly for a minute, each part is killed (-9) once, and started again a second later.

"Well" is what `/readyz` says through nginx, asked twenty times a second, from the kill on. A
worker, Redis and a replica are not missed by it: other workers go on, each process counts floods
by itself, and the database is read instead. "Lost" and "doubled" are by the books of
[reliability.md](reliability.md). What a mail server was being told where a part was killed is
taken up again after 25 minutes, longer than a server may take over its answers, if nobody could
write down what became of it; what was only claimed after five.

{outcomes}## Every public page, through nginx and from the web server alone

On the one machine, before the load, {rounds} times in turns, {arrivals} visitors come to each
page at random moments of {seconds:.0f} s, at times several at once, over plain HTTP to gunicorn
alone and over TLS to nginx. Milliseconds until a visitor had the whole page, for half of them and
for all but one in a hundred. Limit: through nginx all but one in a hundred wait at most
{more:.0f} ms longer.

| page | alone, half | alone, 99 % | nginx, half | nginx, 99 % |
| --- | --- | --- | --- | --- |
{pages}
"""

OUTCOME = """\
## {machine.title}

{machine.described}

| killed | well again after |
| --- | --- |
{rows}
- {tried.what}: {tried.answered:,} answers "check your mail" or "you are counted",
  {away:,} of them asked for again after an answer 503 with Retry-After, {broken:,} after a broken
  connection.
- **Lost {tried.lost}, doubled {tried.doubled}**; {drained:.0f} s after the last signature every
  mail and letter had left, or was uncertain.
- With every web process down, {came} of {asked} requests for the letter's page were answered from
  nginx' cache.
{facts}
Under that load, as long as nothing was killed, milliseconds until a visitor had the whole page
(one in {every} of those who sign looks at each page on the way):

| page | asked for | half | 99 % |
| --- | --- | --- | --- |
{times}

Processor milliseconds for each signature meanwhile, half of them with a letter, the mails and the
public pages that were read included: {costs}; together {cost:.1f}.

"""


def rendered(when: str, outcomes: Sequence[Outcome]) -> str:
    return TEXT.format(
        when=when,
        rate=RATE,
        reads=READS,
        outcomes="".join(map(_outcome, outcomes)),
        rounds=ROUNDS,
        arrivals=ARRIVALS,
        seconds=SECONDS,
        more=MORE_MS,
        pages="\n".join(_row(page) for one in outcomes for page in one.pages),
    )


def _outcome(one: Outcome) -> str:
    rows = "".join(f"| {kill.part} | {_said(kill.well_again_after)} |\n" for kill in one.killed)
    return OUTCOME.format(
        machine=one.machine,
        rows=rows,
        tried=one.tried,
        away=one.away[0],
        broken=one.away[1],
        drained=one.drained,
        came=one.dark[0],
        asked=one.dark[1],
        facts="".join(f"- {fact}\n" for fact in one.facts),
        every=EVERY,
        times="\n".join(map(_timed, one.times)),
        costs=", ".join(f"{part} {ms:.2f}" for part, ms in one.costs.items()),
        cost=sum(one.costs.values()),
    )


def _timed(page: PageTimes) -> str:
    return f"| `{page.page}` | {page.number:,} | {page.p50:.1f} | {page.p99:.1f} |"


def _row(page: Page) -> str:
    times = page.alone.p50, page.alone.p99, page.through.p50, page.through.p99
    over = "" if page.is_well else ", over the limit"
    return f"| `{page.path}`{over} | {' | '.join(f'{one:.1f}' for one in times)} |"


def _said(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds else "it was not missed"
