"""`campaign keys`: make a key, and seal everything with the newest one."""

from __future__ import annotations

import base64
import secrets

import click

from campaign.cli.options import open_container
from campaign.privacy import keys as service
from campaign.privacy.keys import RotationProgress
from campaign.privacy.queries import keys as custody
from campaign.settings.key_files import KEY_BYTES


@click.group()
def keys() -> None:
    """Make keys, and seal everything with the newest one."""


@keys.command()
def new() -> None:
    """Print a new random key for a setting. It is kept nowhere else."""
    click.echo(base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode())


@keys.command("list")
def listing() -> None:
    """Print how each of CAMPAIGN_SEALING_KEYS is called, the newest first, and which are in use.

    Messages about keys that are missing call them so. The names give nothing of the keys away.
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
    """Seal everything with the first of CAMPAIGN_SEALING_KEYS, while the site runs.

    Before: put the new key in front, and restart every process (a reload does not read the
    environment; deploy/upgrade.sh --restart loses no request). Ended at any point, it goes
    on where it was. When it says that nothing is left, older keys may go.
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
