"""`campaign signatures invalidate-where|release-where|drop-where|list|stop|resume|undo`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

import click

from campaign.cli.options import campaign_option, open_container, select_campaign
from campaign.errors import MoreThanPreviewed
from campaign.moderation import bulk_batches, bulk_changes
from campaign.moderation.bulk_changes import BulkChangeRequest
from campaign.moderation.commands.by_id import BY, REASON, transaction, usage_errors
from campaign.moderation.queries import bulk_changes as store
from campaign.moderation.rules import ACTIVE_STATES, ChangeKind, ChangeState
from campaign.organisers.rules.audit_log import Justification
from campaign.recipients.rules.government import to_iso_code
from campaign.signatures.commands import format_signature
from campaign.signatures.rules.criteria import SignatureCriteria
from campaign.signatures.rules.signature import HoldReason
from campaign.store.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from campaign.container import Container
    from campaign.moderation.rows import BulkChangeRow

MAX_LISTED = 50
"""How many changes, and signatures that one could not restore, are listed."""

_DONE = {
    ChangeKind.INVALIDATE: "invalidated",
    ChangeKind.RELEASE: "released",
    ChangeKind.DROP: "dropped",
}
_TIME = click.DateTime(["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"])
_RULE = (
    click.option("--source", help='The code of the link they came by; "" for none.'),
    click.option("--from", "created_from", type=_TIME, help="Signed then or later, in UTC."),
    click.option("--until", "created_until", type=_TIME, help="Signed before then, in UTC."),
    click.option("--domain", default="", help="Of the mail address, such as example.org."),
    click.option("--government", default="", help="Its code, such as GR."),
    click.option(
        "--held-for",
        type=click.Choice([one.value for one in HoldReason]),
        help="Held, and for that reason.",
    ),
)
_NOW = click.option(
    "--now", "at_once", is_flag=True, help="Do it here; do not leave it to the worker."
)
_YES = click.option("--yes", is_flag=True, help="Do not ask.")


def _by_rule(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed((campaign_option, *_RULE, REASON, BY, _YES, _NOW)):
        command = option(command)
    return command


@click.command("invalidate-where")
@click.option("--held", "held_only", is_flag=True, help="Only those that are held.")
@_by_rule
def invalidate_where(**given: Any) -> None:
    """Invalidate every confirmed signature that matches all options.

    First shows how many there are and the newest of them, without names, and asks. The worker does
    it in batches; `list` shows its progress, `stop` halts it, `undo` reverses it.
    """
    _change(ChangeKind.INVALIDATE, **given)


@click.command("release-where")
@_by_rule
def release_where(**given: Any) -> None:
    """Release every held signature that matches all options.

    Confirmed ones count from today on. Pending ones get their mail, if it waits, and count as soon
    as they are confirmed. Without options, that is every held signature. First shows how many there
    are, and asks.
    """
    _change(ChangeKind.RELEASE, **given)


@click.command("drop-where")
@_by_rule
def drop_where(**given: Any) -> None:
    """Delete every held signature that matches all options and was never confirmed.

    Their mails are not sent, and nothing personal remains. This cannot be undone. Without options,
    that is every such signature. First shows how many there are, and asks.
    """
    _change(ChangeKind.DROP, **given)


@click.command("list")
@campaign_option
def listing(slug: str) -> None:
    """List changes by rule, newest first, with their progress."""
    with open_container() as container, container.database.reading() as session:
        for row in store.listing(
            session, select_campaign(container, session, slug).campaign_id, MAX_LISTED
        ):
            progress = f"{row.done} of {row.total} {_DONE[row.kind]}"
            when = f"{row.asked_at:%Y-%m-%d %H:%M} UTC"
            click.echo(f"{row.id}  {row.state}  {progress}  {when}  {row.asked_by}: {row.reason}")
            click.echo(f"    {bulk_changes.criteria_of(container.keyring, row).description}")
            if row.state in {ChangeState.UNDOING, ChangeState.UNDONE}:
                click.echo(f"    {_brought_back(row)}")
            for one in bulk_changes.list_not_restored(session, row.id, MAX_LISTED):
                click.echo(f"    not brought back: {format_signature(one)}")


@click.command()
@click.argument("change_id", type=click.UUID)
@REASON
@BY
def stop(change_id: UUID, reason: str, by: str) -> None:
    """Halt a change by rule. What is done stays done."""
    with transaction() as (container, session):
        row = bulk_changes.stop(session, change_id, Justification(by, reason), container.clock())
    click.echo(f"It is stopped after {row.done} of {row.total}.")


@click.command()
@click.argument("change_id", type=click.UUID)
@REASON
@BY
@_NOW
def resume(change_id: UUID, reason: str, by: str, at_once: bool) -> None:
    """Resume a stopped change by rule."""
    with transaction() as (container, session):
        bulk_changes.resume(session, change_id, Justification(by, reason), container.clock())
    _run_or_leave_to_worker(change_id, at_once=at_once)


@click.command()
@click.argument("change_id", type=click.UUID)
@REASON
@BY
@_NOW
def undo(change_id: UUID, reason: str, by: str, at_once: bool) -> None:
    """Restore what an invalidation by rule took out, except for people who signed again."""
    with transaction() as (container, session):
        bulk_changes.undo(session, change_id, Justification(by, reason), container.clock())
    _run_or_leave_to_worker(change_id, at_once=at_once)


def _change(
    kind: ChangeKind, slug: str, reason: str, by: str, *, yes: bool, at_once: bool, **given: Any
) -> None:
    rule = _rule(given)
    with open_container() as container, usage_errors():
        order = _show_preview(container, slug, kind, rule, Justification(by, reason))
        if not yes:
            click.confirm(f"Shall they be {_DONE[kind]}?", abort=True)
        try:
            with container.database.writing() as session:
                bulk_changes.start(session, container.keyring, order, container.clock())
        except MoreThanPreviewed as error:
            raise click.ClickException(f"{error}. Please look again.") from None
    _run_or_leave_to_worker(order.id, at_once=at_once)


def _show_preview(
    container: Container, slug: str, kind: ChangeKind, rule: SignatureCriteria, cause: Justification
) -> BulkChangeRequest:
    """Show what a change would affect, and return the request for exactly that."""
    now = container.clock()
    with container.database.reading() as session:
        campaign_id = select_campaign(container, session, slug).campaign_id
        seen = bulk_changes.preview(session, container.keyring, campaign_id, kind, rule, now)
        if seen.count == 0:
            raise click.ClickException("There is no such signature.")
        click.echo(f"Signatures that meet the rule ({rule.description}): {seen.count}. The newest:")
        for row in seen.sample:
            click.echo(f"    {format_signature(row)}")
    return BulkChangeRequest(uuid7(now), campaign_id, kind, rule, cause, seen.count)


def _run_or_leave_to_worker(change_id: UUID, *, at_once: bool) -> None:
    if not at_once:
        click.echo("The worker does it in batches. How far it is: campaign signatures list")
        click.echo(f"It is change {change_id}, for campaign signatures stop, resume and undo.")
        return
    with open_container() as container:
        row = _run_to_end(container, change_id)
    undone = row.state is ChangeState.UNDONE
    said = _brought_back(row) if undone else f"{row.done} of {row.total} {_DONE[row.kind]}"
    click.echo(f"Change {row.id} is {row.state}: {said}.")


def _run_to_end(container: Container, change_id: UUID) -> BulkChangeRow:
    """Run a change batch by batch until it ends or stops, alongside any worker."""
    live = container.settings.live
    with click.progressbar(length=0, label="Signatures") as bar:
        while True:
            with container.database.writing() as session:
                row = bulk_batches.process_batch_of(
                    session, container.keyring, change_id, live=live, now=container.clock()
                )
            undoing = row.state in {ChangeState.UNDOING, ChangeState.UNDONE}
            bar.length = row.done if undoing else row.total
            bar.update((row.undone + row.skipped if undoing else row.done) - bar.pos)
            if row.state not in ACTIVE_STATES:
                return row


def _brought_back(row: BulkChangeRow) -> str:
    return f"{row.undone} brought back, {row.skipped} not, because they signed again or are erased"


def _rule(given: dict[str, Any]) -> SignatureCriteria:
    """Return the criteria given by options; times are in UTC."""
    for name in ("created_from", "created_until"):
        moment: datetime | None = given[name]
        given[name] = moment.replace(tzinfo=UTC) if moment else None
    given["government"] = to_iso_code(given["government"])
    given["held_for"] = HoldReason(given["held_for"]) if given["held_for"] else None
    given["held_only"] = bool(given.get("held_only") or given["held_for"])
    return SignatureCriteria(**given)
