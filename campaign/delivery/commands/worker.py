"""`campaign worker`: deliver mails and letters until stopped."""

from __future__ import annotations

import click

from campaign.cli.options import open_container
from campaign.services import create_worker
from campaign.worker import stop_on_signals


@click.command()
def worker() -> None:
    """Deliver what is due, until stopped. Any number may run at once."""
    with open_container(with_metrics=True) as container:
        working = create_worker(container)
        stop_on_signals(working)
        working.run()
