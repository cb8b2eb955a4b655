"""`campaign run`: everything at once, for trying it out: `make run`."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from campaign.cli.container import house
from campaign.errors import SettingsError
from campaign.operations.commands.prepare import make_ready
from campaign.organisers.accounts import made_up_owner
from campaign.settings.read import read_settings
from campaign.settings.settings import CHECKOUT, variable
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.container import House

HOST = "127.0.0.1"
STARTUP_SECONDS = 20.0
STOP_SECONDS = 10.0
DIRECT_FOR = timedelta(days=7)


@click.command()
@click.option("--port", default=8000, type=click.IntRange(1, 65534), show_default=True)
@click.option("--mailbox-port", default=None, type=click.IntRange(1, 65535))
def run(port: int, mailbox_port: int | None) -> None:
    """Start web server, worker and mailbox on this machine, until Ctrl-C."""
    mailbox = mailbox_port or port + 1
    for number in (port, mailbox):
        _refuse_taken(number)
    environ = dict(os.environ)
    environ.setdefault(variable("base_url"), f"http://{HOST}:{port}")
    if read_settings(environ).production:
        raise SettingsError(
            ["campaign run is for development; docs/running.md says how production starts"]
        )
    with house() as made:
        make_ready(made)
        console = _direct_address(made, environ)
    _supervise(_commands(port, mailbox), environ, _greeting(port, mailbox, console))


def _commands(port: int, mailbox: int) -> list[list[str]]:
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:campaign.server"]
    return [
        [*gunicorn, "--bind", f"{HOST}:{port}", "app:app"],
        [*gunicorn, "--bind", f"{HOST}:{mailbox}", "campaign.web_app.application:create_mailbox()"],
        [sys.executable, "-m", "campaign", "worker"],
    ]


def _direct_address(made: House, environ: Mapping[str, str]) -> str:
    """Return where the made-up owner signs in without a password: on this machine only."""
    settings = read_settings(environ)
    if not settings.direct:
        return f"{settings.base_url}/console/"
    with made.database.writing() as session:
        owner = made_up_owner(session, made.keyring, made.clock())
    until = made.clock() + DIRECT_FOR
    token = made.tokens.make(Purpose.DIRECT, "", owner.id, until)
    return f"{settings.base_url}/console/sign-in/direct/{token}"


def _greeting(port: int, mailbox: int, console: str) -> str:
    return (
        f"\n  The site:     http://{HOST}:{port}/\n"
        f"  The mailbox:  http://{HOST}:{mailbox}/\n"
        f"  The console:  {console}\n\n"
        "  Choose any government, sign, open the mailbox, confirm,\n"
        "  and see your letter to that ministry. Ctrl-C ends it.\n"
    )


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise click.ClickException(
                f"Port {port} is taken or not allowed; choose another one: make run PORT=8100"
            ) from None


def _supervise(commands: list[list[str]], environ: Mapping[str, str], greeting: str) -> None:
    """Run the processes until one ends or a signal comes, then end them all."""
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: stopped.append(received))
    # Groups of their own: a Ctrl-C reaches this process, and it ends the others in order.
    children = [
        subprocess.Popen(command, env=environ, cwd=CHECKOUT, start_new_session=True)  # noqa: S603
        for command in commands
    ]
    try:
        _await_ports(commands, children, stopped)
        if not stopped and all(child.poll() is None for child in children):
            click.echo(greeting)
        while not stopped and all(child.poll() is None for child in children):
            time.sleep(0.2)
        part = _ended(commands, children)
    finally:
        _end(children)
    if not stopped:
        raise click.ClickException(f"The {part} stopped by itself, so everything was ended.")


def _ended(commands: list[list[str]], children: list[subprocess.Popen[bytes]]) -> str:
    """Return which part has ended."""
    names = {"app:app": "web server", "worker": "worker"}
    for command, child in zip(commands, children, strict=True):
        if child.poll() is not None:
            return names.get(command[-1], "mailbox")
    return "site"


def _await_ports(
    commands: list[list[str]], children: list[subprocess.Popen[bytes]], stopped: list[int]
) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    for command in commands:
        if "--bind" not in command:
            continue
        host, _, port = command[command.index("--bind") + 1].partition(":")
        while time.monotonic() < deadline and not stopped:
            if any(child.poll() is not None for child in children):
                return
            try:
                socket.create_connection((host, int(port)), timeout=0.5).close()
                break
            except OSError:
                time.sleep(0.1)


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        try:
            child.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
