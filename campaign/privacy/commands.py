"""`campaign breach-report`, `campaign retention` and `campaign keys`."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime

import click

from campaign.cli.options import open_container
from campaign.privacy import keys as service
from campaign.privacy.breaches import build_report
from campaign.privacy.keys import RotationProgress
from campaign.privacy.queries import keys as custody
from campaign.privacy.retention import build_report as report_of
from campaign.services import create_retention_eraser
from campaign.settings.parsers import KEY_BYTES


@click.command("breach-report")
@click.option(
    "--since",
    required=True,
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"]),
    help="From when on somebody may have had the database, in UTC.",
)
def breach_report(since: datetime) -> None:
    """Count whom a breach concerns, by the data held about them. Opens no sealed value.

    For the notice to the authority within 72 hours (GDPR, Article 33), and to those concerned
    (Article 34). Sealed values can be read only by somebody who has the keys too.
    """
    moment = since.replace(tzinfo=UTC)
    with open_container() as container, container.database.reading() as session:
        found = build_report(session, moment)
        now = container.clock()
    click.echo(f"Held at any time from {moment:%Y-%m-%d %H:%M} to {now:%Y-%m-%d %H:%M} UTC:")
    for name, number in found.fields.items():
        click.echo(f"  {number:>9}  {name}")
    click.echo(f"Of the signatures, {found.erased_since} have been erased since.")
    click.echo("Signatures by government:")
    for code, number in found.governments.items():
        click.echo(f"  {number:>9}  {code}")


@click.group()
def retention() -> None:
    """See what is erased when, and erase what is due. The worker does this on its own."""


@retention.command()
def report() -> None:
    """Print what each campaign holds and when it will be erased. Changes nothing."""
    with open_container() as container, container.database.reading() as session:
        for loaded in container.campaign_cache.all(session):
            one = report_of(session, loaded)
            when = f"erased from {one.erased_from} on" if one.erased_from else "no end is set"
            click.echo(f"{one.slug}: {when}")
            click.echo(f"  signatures with name and address  {one.held.signatures}")
            click.echo(f"  letters with their text           {one.held.letters}")
            click.echo(f"  of these, not sent yet            {one.held.unsent}")
            click.echo(f"  answers of ministries             {one.held.answers}")


@retention.command()
def run() -> None:
    """Erase now what the worker would erase: only what is due, and after the week's notice."""
    with open_container() as container:
        eraser = create_retention_eraser(container)
        eraser.tell()
        worked = False
        while eraser.erase_batch():
            worked = True
    click.echo("Erased what is due." if worked else "Nothing is due.")


@click.group()
def keys() -> None:
    """Make keys, and reseal everything with the newest one."""


@keys.command()
def new() -> None:
    """Print a new random key for a setting. It is stored nowhere else."""
    click.echo(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())


@keys.command("list")
def listing() -> None:
    """Print the name of each of CAMPAIGN_SEALING_KEYS, newest first, and which are in use.

    Messages about missing keys use these names. A name reveals nothing about its key.
    """
    with open_container() as container:
        with container.database.reading() as session:
            used = custody.find_keys_in_use(session).sealing
        for name in container.keyring.key_ids:
            click.echo(f"{name.hex()}  {'in use' if name in used else 'not in use'}")
        for name in sorted(used.difference(container.keyring.key_ids)):
            click.echo(f"{name.hex()}  in use, and MISSING in CAMPAIGN_SEALING_KEYS")


@keys.command()
def rotate() -> None:
    """Reseal everything with the first of CAMPAIGN_SEALING_KEYS, while the site runs.

    Before: put the new key in front, and restart every process (a reload does not read the
    environment; deploy/upgrade.sh --restart loses no request). If interrupted, it resumes where it
    stopped. When it reports that nothing is left, older keys can be removed.
    """
    progress = RotationProgress()
    with open_container() as container:
        for progress in service.rotate_sealing_keys(container.database, container.keyring):
            if progress.done:
                click.echo(f"\r{progress.done} sealed anew", nl=False, err=True)
    click.echo(err=True)
    click.echo(f"{progress.done} values were sealed anew.")
    if progress.broken:
        raise click.ClickException(
            f"{progress.broken} could not be opened and are as they were: a key is missing, or "
            "they were changed. Keep every key, and run campaign doctor."
        )
    click.echo("Nothing is left that needs an older key: CAMPAIGN_SEALING_KEYS may lose them.")
    click.echo("Keep them as long as you keep backups that were made before.")
