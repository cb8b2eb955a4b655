"""`campaign log`: who did what when to what, and why."""

from __future__ import annotations

import click

from campaign.cli.options import open_container
from campaign.organisers.queries import audit_log
from campaign.organisers.queries.audit_log import AuditFilter
from campaign.organisers.rules.audit_log import AuditAction


@click.command()
@click.option("--words", default="", help="In any of the texts.")
@click.option("--who", default="", help="The whole name.")
@click.option("--what", default="", type=click.Choice(["", *AuditAction]), help="What was done.")
@click.option("--about", default="", help="To what, such as: ministry DE")
@click.option("--limit", default=100, type=click.IntRange(1), show_default=True)
def log(words: str, who: str, what: str, about: str, limit: int) -> None:
    """Read the log, the newest entry first; times are UTC. Nobody can change or delete one."""
    with open_container() as container, container.database.reading() as session:
        for row in audit_log.search(session, AuditFilter(words, who, what, about), limit):
            number = "" if row.number is None else f" ({row.number})"
            why = f": {row.reason}" if row.reason else ""
            parts = filter(None, (row.about, row.detail))
            click.echo(
                f"{row.at:%Y-%m-%d %H:%M}  {row.who}  {row.action}{number}  {', '.join(parts)}{why}"
            )
