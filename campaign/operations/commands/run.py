"""`campaign run` (`make run`): everything at once, for trying it out."""

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

from campaign.cli.options import open_container
from campaign.errors import SettingsError
from campaign.operations.commands.prepare import prepare_site
from campaign.organisers.accounts import get_or_create_dev_owner
from campaign.settings.load import load_settings
from campaign.settings.settings import BASE_DIR, env_name
from campaign.store.tokens import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.container import Container

HOST = "127.0.0.1"
STARTUP_SECONDS = 20.0
STOP_SECONDS = 10.0
DEMO_SIGN_IN_LIFETIME = timedelta(days=7)


@click.command()
@click.option("--port", default=8000, type=click.IntRange(1, 65534), show_default=True)
@click.option("--mailbox-port", default=None, type=click.IntRange(1, 65535))
def run(port: int, mailbox_port: int | None) -> None:
    """Start web server, worker and mailbox on this machine, until Ctrl-C."""
    mailbox = mailbox_port or port + 1
    for number in (port, mailbox):
        check_port_is_free(number)
    environ = dict(os.environ)
    environ.setdefault(env_name("base_url"), f"http://{HOST}:{port}")
    if load_settings(environ).production:
        raise SettingsError(
            ["campaign run is for development; docs/running.md says how production starts"]
        )
    with open_container() as container:
        prepare_site(container)
        console = _demo_sign_in_url(container, environ)
    _supervise(_commands(port, mailbox), environ, _greeting(port, mailbox, console))


def _commands(port: int, mailbox: int) -> list[list[str]]:
    gunicorn = [sys.executable, "-m", "gunicorn", "--config", "python:campaign.server"]
    return [
        [*gunicorn, "--bind", f"{HOST}:{port}", "app:app"],
        [
            *gunicorn,
            "--bind",
            f"{HOST}:{mailbox}",
            "campaign.web_app:create_mailbox_app()",
        ],
        [sys.executable, "-m", "campaign", "worker"],
    ]


def _demo_sign_in_url(container: Container, environ: Mapping[str, str]) -> str:
    """Return the URL where the made-up owner signs in without a password, on this machine only."""
    settings = load_settings(environ)
    if not settings.dev_sign_in:
        return f"{settings.base_url}/console/"
    with container.database.writing() as session:
        owner = get_or_create_dev_owner(session, container.keyring, container.clock())
    until = container.clock() + DEMO_SIGN_IN_LIFETIME
    token = container.tokens.make(Purpose.DIRECT, "", owner.id, until)
    return f"{settings.base_url}/console/sign-in/direct/{token}"


def _greeting(port: int, mailbox: int, console: str) -> str:
    return (
        f"\n  The site:     http://{HOST}:{port}/\n"
        f"  The mailbox:  http://{HOST}:{mailbox}/\n"
        f"  The console:  {console}\n\n"
        "  Choose any government, sign, open the mailbox, confirm,\n"
        "  and see your letter to that ministry. Ctrl-C ends it.\n"
    )


def check_port_is_free(port: int) -> None:
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
    # Process groups of their own: a Ctrl-C reaches only this process, which ends them in order.
    children = [
        subprocess.Popen(command, env=environ, cwd=BASE_DIR, start_new_session=True)  # noqa: S603
        for command in commands
    ]
    try:
        _await_ports(commands, children, stopped)
        if not stopped and all(child.poll() is None for child in children):
            click.echo(greeting)
        while not stopped and all(child.poll() is None for child in children):
            time.sleep(0.2)
        part = _name_of_exited(commands, children)
    finally:
        _end(children)
    if not stopped:
        raise click.ClickException(f"The {part} stopped by itself, so everything was ended.")


def _name_of_exited(commands: list[list[str]], children: list[subprocess.Popen[bytes]]) -> str:
    """Return the name of the part that has exited."""
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
