"""Changes while the site is in use: a migration, a backup, a campaign's folder with faults."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pyrage
from sqlalchemy import make_url

from campaign.settings.settings import BASE_DIR, SHIPPED_CAMPAIGNS
from tests.bad_days.books import Acknowledged, TrialResult, read_state
from tests.bad_days.parts import KINDS, folder, prepared, site
from tests.bad_days.signing import PersistentSigner
from tests.bad_days.trials import TIMES, opened, person, sign_until
from tests.helpers.running_site import stopping
from tests.visitor import SLUG, Visitor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from campaign.container import Container
    from tests.helpers.running_site import RunningSite

VERSIONS = "campaign/store/migrations/versions"
SECONDS = 5.0
ELSEWHERE = "a link that leads elsewhere"


def changes() -> Iterator[TrialResult]:
    with folder() as path, _before_the_last_migration(path) as (commit, checkout):
        for kind in KINDS:
            yield _migrated(kind, commit, checkout)
    with site("sqlite") as running, opened(running) as container:
        yield _backed_up(running, container)
    with folder() as path:
        yield _poisoned(path)


@contextmanager
def _before_the_last_migration(path: Path) -> Iterator[tuple[str, Path]]:
    """Give the commit before the newest migration came, checked out with its words compiled."""
    newest = _git("log", "-1", "--format=%h", "--", VERSIONS)
    commit = _git("rev-parse", "--short", f"{newest}^")
    checkout = path / "earlier"
    _git("worktree", "add", "--detach", str(checkout), commit)
    try:
        command = [sys.executable, "-m", "campaign", "messages", "compile"]
        subprocess.run(command, cwd=checkout, check=True, capture_output=True)
        yield commit, checkout
    finally:
        _git("worktree", "remove", "--force", str(checkout))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=BASE_DIR, check=True, capture_output=True)
    return done.stdout.decode().strip()


def _migrated(kind: str, commit: str, checkout: Path) -> TrialResult:
    """Migrate under processes of an earlier commit, and let new ones take over from them.

    If the migration says that they have to be stopped first, they are.
    """
    with site(kind) as blank:
        # The earlier commit makes the tables; the new one's go first.
        current = replace(blank, database_url=_fresh(blank))
        earlier = replace(current, checkout=checkout, without=_unknown(current, checkout))
        _campaign(earlier, "prepare")
        promised, stop_first = Acknowledged(), _must_stop_first()
        with stopping(earlier.web(), earlier.worker()):
            earlier.wait_for_web()
            with opened(current) as container:
                if stop_first:
                    _send_for_a_while(PersistentSigner(earlier, container, promised))
                else:
                    _sign_meanwhile(
                        earlier, container, promised, "old", lambda: _campaign(current, "prepare")
                    )
        if stop_first:
            _campaign(current, "prepare")
        with stopping(current.web(), current.worker()), opened(current) as container:
            current.wait_for_web()
            _sign_meanwhile(current, container, promised, "new", lambda: None)
            books = read_state(container)
    when = "after" if stop_first else "under"
    what = f"migration {when} the processes of commit {commit}, then new ones ({kind})"
    return books.tried(what, 1, promised)


def _must_stop_first() -> bool:
    newest = max((BASE_DIR / VERSIONS).glob("*.py"))
    return "\nSTOP_FIRST = True" in newest.read_text()


def _send_for_a_while(signers: PersistentSigner) -> None:
    """Sign without confirming: a link can be made only where the tables are today's."""
    until, number = time.monotonic() + SECONDS, 0
    while time.monotonic() < until:
        email = f"testa.old.{number}@example.org"
        signers.send(email, signers.form(email, letter=True))
        number += 1


def _unknown(running: RunningSite, checkout: Path) -> frozenset[str]:
    """Return the settings that an earlier commit does not know, and would refuse."""
    code = (
        "from dataclasses import fields; from campaign.settings.settings import Settings, env_name;"
        "print(*(env_name(one.name) for one in fields(Settings)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=checkout, check=True, capture_output=True, text=True
    )
    given = {name for name in running.environ if name.startswith("CAMPAIGN_")}
    return frozenset(given - set(done.stdout.split()))


def _fresh(running: RunningSite) -> str:
    """Return the address of a database beside the site's, with nothing in it."""
    if running.database_url.startswith("sqlite"):
        return f"sqlite:///{running.folder}/earlier.sqlite3"
    with opened(running) as container, container.database.engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        raw.exec_driver_sql("CREATE DATABASE earlier")
    address = make_url(running.database_url).set(database="earlier")
    return address.render_as_string(hide_password=False)


def _sign_meanwhile(
    running: RunningSite, container: Container, promised: Acknowledged, name: str, change: object
) -> None:
    """Sign and confirm for a while, change something, and go on for a while."""
    assert callable(change)
    stop = threading.Event()
    signers = PersistentSigner(running, container, promised)
    thread = threading.Thread(target=sign_until, args=(stop, signers, name))
    thread.start()
    time.sleep(SECONDS)
    change()
    time.sleep(SECONDS)
    stop.set()
    thread.join()


def _backed_up(running: RunningSite, container: Container) -> TrialResult:
    """Make backups while visitors sign, and restore each into a site of its own."""
    key = pyrage.x25519.Identity.generate()
    private = running.folder / "backup.key"
    private.write_text(str(key))
    promised, files, before = Acknowledged(), [], []
    with stopping(running.web(), running.worker()):
        running.wait_for_web()
        stop = threading.Event()
        signers = PersistentSigner(running, container, promised)
        thread = threading.Thread(target=sign_until, args=(stop, signers, "backup"))
        thread.start()
        for number in range(TIMES):
            time.sleep(1)
            before.append(Acknowledged(set(promised.signed), set(promised.confirmed)))
            files.append(running.folder / f"{number}.age")
            _campaign(running, "backup", str(files[-1]), "--to", str(key.to_public()))
        stop.set()
        thread.join()
    lost = doubled = 0
    for file, then in zip(files, before, strict=True):
        url = f"sqlite:///{running.folder}/{file.stem}.sqlite3"
        restored = replace(running, database_url=url)
        _campaign(restored, "restore", str(file), "--key", str(private), "--yes")
        with opened(restored) as again:
            tried = read_state(again).tried("", 1, then)
            lost, doubled = lost + tried.lost, doubled + tried.doubled
    what = "backups made while visitors sign, each restored elsewhere (SQLite)"
    return TrialResult(what, TIMES, len(promised.signed) + len(promised.confirmed), lost, doubled)


def _campaign(running: RunningSite, *arguments: str, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "campaign", *arguments],
        cwd=running.checkout,
        env=running.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(done.returncode) is fails, done.stderr
    return done.stderr


def _poisoned(path: Path) -> TrialResult:
    """Put faults into the campaign's folder, each of which the next start has to refuse."""
    campaigns = path / "campaigns"
    shutil.copytree(SHIPPED_CAMPAIGNS, campaigns)
    poisons = {
        "campaign.toml": "closes_on = 9999-99-99\n",
        "en.toml": '[demands.report]\ntext = "<script>alert(1)</script> ${no_such}"\n',
        "de.toml": "\0\0\0",
        "fr.toml": 'name = "' + "x" * 2_000_000 + '"\n',
        "it.toml": ELSEWHERE,
    }
    running = prepared(path, f"sqlite:///{path}/site.sqlite3", CAMPAIGN_CAMPAIGNS=str(campaigns))
    with opened(running) as container, stopping(running.web(), running.worker()):
        running.wait_for_web()
        signers = PersistentSigner(running, container)
        shown = Visitor(running).get(f"/en/{SLUG}").body
        for number, (name, poison) in enumerate(poisons.items()):
            with _poison(campaigns / SLUG, name, poison):
                said = _campaign(running, "prepare", fails=True)
                assert name in said, said
                email = f"testa.poison.{number}@example.org"
                signers.send(email, signers.visitor.form_after_preview(**person(email)))
                signers.confirm(email)
        assert Visitor(running).get(f"/en/{SLUG}").status == 200
        assert len(shown) > 0
        what = "campaign's folder with faults at a start, while the site goes on (SQLite)"
        came = "each start was refused with the file's name; the site showed what it had"
        return read_state(container).tried(what, len(poisons), signers.promised, came)


@contextmanager
def _poison(campaign: Path, name: str, poison: str) -> Iterator[None]:
    """Add to a file, or put a link that leads elsewhere in its place, and take it back."""
    path = campaign / name
    kept = path.read_bytes()
    path.unlink()
    if poison == ELSEWHERE:
        path.symlink_to("/etc/hostname")
    else:
        path.write_bytes(kept + poison.encode())
    yield
    path.unlink()
    path.write_bytes(kept)
