"""Requests a second against bare Flask on the same server and database, in turn in one run.

Two processes of gunicorn with the threads that are documented; PostgreSQL and the load
generator share the two cores, so only the ratios mean anything elsewhere.
"""

from __future__ import annotations

import statistics
import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import bare
import psycopg
import results
import wrk
from made_up import SLUG

from campaign.campaigns.compose import LetterChoices, compose_letter, pick_variants
from campaign.campaigns.rules.campaign import OPTIONAL_CONSENTS, Consent
from campaign.letters.rules.letter import LetterDraft
from campaign.recipients.rules.recipient import recipient_key
from campaign.signatures.rules.signature import Person
from campaign.signing import submit
from campaign.signing.forms.form_token import FORM_TOKEN_LIFETIME
from campaign.signing.pages.preview import letter_digest
from campaign.signing.submit import Submission
from campaign.store.ids import uuid7
from campaign.store.tokens import Purpose
from tests.bad_days.parts import Postgres, folder, prepared
from tests.browser.conftest import free_port
from tests.helpers.campaigns import loaded_campaign
from tests.helpers.running_site import RunningSite, stopping

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from campaign.container import Container

RUNS = 3
WARM, REQUESTS = 600, 6_000
GOALS = {
    "page": ("hello", 0.7),
    "counts.json": ("hello", 0.7),
    "sign": ("one insert", 0.8),
    "sign without a letter": ("one insert", 0.8),
    "confirm": ("one insert", 1.0),
}
HERE = Path(__file__).resolve().parent
HEADERS = {"X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
BALANCED = ("--worker-connections", "8")
"""Otherwise one process takes all connections that are kept, and the other core rests."""


def main() -> None:
    wrk.needs()
    pairs: dict[str, list[Pair]] = {name: [] for name in GOALS}
    with folder() as path:
        server = Postgres(path / "postgresql")
        try:
            site = prepared(path, server.url)
            site.more |= {bare.DATABASE: with_driver(server.url), "PYTHONPATH": str(HERE)}
            bare.prepare(site.more[bare.DATABASE])
            container = site.container()
            for _ in range(RUNS):
                for name, pair in one_run(site, container, server.url):
                    pairs[name].append(pair)
            container.database.close()
        finally:
            server.close()
    for name, several in pairs.items():
        report(name, several)


@dataclass(frozen=True)
class Pair:
    """The peer, and ours right after it: the machine's speed changes from minute to minute."""

    peer: wrk.Answered
    ours: wrk.Answered

    @property
    def ratio(self) -> float:
        return self.ours.rate / self.peer.rate


def report(name: str, pairs: list[Pair]) -> None:
    peer, goal = GOALS[name]
    ours, theirs = (wrk.middle([getattr(one, side) for one in pairs]) for side in ("ours", "peer"))
    ratios = sorted(one.ratio for one in pairs)
    said = f"{ours.rate:,.0f} against {theirs.rate:,.0f} a second, {ours.median:.1f} ms (p50), "
    said += f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
    results.row(f"{name} (bare Flask: {peer})", statistics.median(ratios), f">= {goal}", said)


def one_run(site: RunningSite, container: Container, url: str) -> Iterator[tuple[str, Pair]]:
    """Measure each kind after its peer; who is not asked costs nothing."""
    hello, insert = (replace(site, port=free_port()) for _ in range(2))
    with (
        running(hello, "bare:hello()"),
        running(insert, "bare:signing()"),
        running(site, "app:app"),
    ):
        peers = {
            "hello": lambda: send(hello.port, [wrk.get("/", {"Host": "localhost"})], 200),
            "one insert": lambda: send(insert.port, bare_forms(), 303),
        }
        for name, status, requests in ours(site, container):
            look(url)
            peer = peers[GOALS[name][0]]()
            yield name, Pair(peer, send(site.port, requests, status))


def look(url: str) -> None:
    """Give the planner its statistics, as a site has them that did not begin this minute."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("ANALYZE")


def send(port: int, requests: list[bytes], status: int) -> wrk.Answered:
    """Send the first ones for a second, until everything is warm, and measure with the others."""
    if len(requests) == 1:
        wrk.send(port, requests, status=status, seconds=1, again=True)
        return wrk.send(port, requests, status=status, again=True)
    wrk.send(port, requests[:WARM], status=status, seconds=1, again=True)
    return wrk.send(port, requests[WARM:], status=status)


def ours(site: RunningSite, container: Container) -> Iterator[tuple[str, int, list[bytes]]]:
    headers = {"Host": f"localhost:{site.proxy}", **HEADERS}
    page = f"/en/{SLUG}"
    gzip = {**headers, "Accept-Encoding": "gzip"}
    yield "page", 200, [wrk.get(page, gzip)]
    yield "counts.json", 200, [wrk.get(f"/{SLUG}/counts.json", gzip)]
    for name, letter in (("sign", True), ("sign without a letter", False)):
        forms = [form(container, letter=letter) for _ in range(WARM + REQUESTS)]
        yield name, 303, [wrk.post(f"{page}/sign", one, headers) for one in forms]
    yield (
        "confirm",
        303,
        [wrk.post(path, b"", headers) for path in pending(container, WARM + REQUESTS)],
    )


def form(container: Container, *, letter: bool) -> bytes:
    """Return a form as it is sent after the letter was read, or from the letter's page."""
    now = container.clock()
    with container.database.reading() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
    signature, tokens, expires = uuid7(now), container.tokens, now + FORM_TOKEN_LIFETIME
    person = Person("Testa Example", f"testa.{signature.hex}@example.org", "Exampletown")
    fields = [
        ("revision", loaded.digest),
        ("source", ""),
        *(("name", person.name), ("email", person.email), ("town", person.town)),
        ("government", "DE"),
        ("show_name", "y"),
        ("comment", ""),
    ]
    if not letter:
        stamp = tokens.make_shared(Purpose.SHARED_FORM, loaded.uid, expires)
        return urlencode([*fields, ("stamp", stamp), ("choice", "sign"), ("step", "next")]).encode()
    stamp = tokens.make(Purpose.FORM, loaded.uid, signature, expires)
    fields += [("stamp", stamp), ("choice", "write"), ("step", "send")]
    demands = [demand.key for demand in loaded.campaign.revision.demands]
    fields += [("demands", key) for key in demands]
    keys = pick_variants(loaded.campaign, demands, signature, {})
    text = compose_letter(
        loaded.campaign, LetterChoices("DE", keys, "", person.signature_block), "de"
    )
    fields += [("paragraph", ""), ("shown_paragraph", ""), ("shown_town", person.town)]
    fields += [("basis", letter_digest(text)), ("recipient", recipient_key("DE"))]
    fields += [("subject", text.subject), ("body", text.body.replace("\n", "\r\n"))]
    return urlencode(fields).encode()


def pending(container: Container, number: int) -> list[str]:
    """Store signatures with letters, and return the links that their mails would have."""
    paths = []
    with container.database.writing() as session:
        loaded = container.campaign_cache.by_slug(session, SLUG)
        demands = [demand.key for demand in loaded.campaign.revision.demands]
        for _ in range(number):
            now = container.clock()
            stamp = uuid7(now)
            person = Person("Testa Example", f"testa.{stamp.hex}@example.org", "Exampletown")
            keys = pick_variants(loaded.campaign, demands, stamp)
            text = compose_letter(
                loaded.campaign, LetterChoices("DE", keys, "", person.signature_block), "de"
            )
            letter = LetterDraft("DE/foreign-affairs", "de", keys, text, "", edited=False)
            consents = dict.fromkeys(OPTIONAL_CONSENTS, False) | {Consent.SEND_LETTER: True}
            new = Submission(stamp, person, "DE", "en", "", consents, [letter])
            paths.append(submit.submit_by_steps(session, container.keyring, loaded, new, now))
    return [_path(container, one) for one in paths]


def _path(container: Container, signature_id: UUID) -> str:
    link = container.links.confirm_url(
        "en", loaded_campaign(container), signature_id, container.clock()
    )
    return "/" + link.split("/", 3)[3]


def bare_forms() -> list[bytes]:
    cookie, token = bare.session_and_token()
    headers = {"Host": "localhost", "Cookie": cookie}
    return [
        wrk.post(
            "/sign",
            urlencode(
                {
                    "csrf_token": token,
                    "name": "Testa Example",
                    "email": f"testa.{number}@example.org",
                    "town": "Exampletown",
                    "government": "DE",
                    "show_name": "y",
                }
            ).encode(),
            headers,
        )
        for number in range(WARM + 2 * REQUESTS)
    ]


@contextmanager
def running(site: RunningSite, application: str) -> Iterator[None]:
    """Start two processes of the site, or of a peer."""
    with stopping(site.web(application, *BALANCED, processes=2)):
        site.wait_for_web()
        yield


def with_driver(url: str) -> str:
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


if __name__ == "__main__":
    main()
