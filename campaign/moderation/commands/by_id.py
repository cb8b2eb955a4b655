"""`campaign signatures invalidate|restore|hold|release`: one or a few, by their ids."""

from __future__ import annotations

import getpass
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.cli.options import open_container
from campaign.errors import AlreadySigned, InvalidText, NoLongerPossible, NotFound
from campaign.moderation import hold as holding, invalidate as invalidating
from campaign.moderation.reason_check import must_name_nobody
from campaign.organisers.audit_log import MAX_JUSTIFICATION, MAX_JUSTIFICATION_BY
from campaign.organisers.rules.audit_log import Justification
from campaign.signatures.queries import signatures

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

    from campaign.container import Container

REASON = click.option("--reason", required=True, help="Why; kept in the log.")
BY = click.option("--by", default=getpass.getuser, help="Who decides. [default: your login name]")

_SAID = {
    "no-reason": "say in --reason why and in --by who",
    "too-long": (
        f"--by has room for {MAX_JUSTIFICATION_BY} characters and --reason for {MAX_JUSTIFICATION}"
    ),
    "not-an-address": "--domain is a mail domain such as example.org",
    "names-a-person": "--reason has the name or the address in it: the log keeps it for good",
    "no-rule": "say which signatures: give at least one of the options",
}


@contextmanager
def transaction() -> Iterator[tuple[Container, Session]]:
    """Open the container with a writing transaction; turn domain errors into usage errors."""
    with open_container() as container, container.database.writing() as session, usage_errors():
        yield container, session


@contextmanager
def usage_errors() -> Iterator[None]:
    """Turn domain errors into usage errors with a sentence."""
    try:
        yield
    except NotFound as error:
        raise click.UsageError(f"there is nothing with the id {error}") from None
    except NoLongerPossible as error:
        raise click.UsageError(f"this is not possible any more: it is {error}") from None
    except AlreadySigned:
        raise click.UsageError("this person has signed again; nothing is restored") from None
    except InvalidText as error:
        said = _SAID.get(error.reason, "--reason or --by has signs in it that cannot be kept")
        raise click.UsageError(said) from None


def _cause(
    container: Container, session: Session, signature_id: UUID, by: str, reason: str
) -> Justification:
    """Return who asks and why; the reason may not name the person it is about."""
    cause = Justification(by, reason)
    must_name_nobody(container.keyring, signatures.find(session, signature_id), cause)
    return cause


@click.command()
@click.argument("signature_id", type=click.UUID)
@REASON
@BY
def invalidate(signature_id: UUID, reason: str, by: str) -> None:
    """Take one signature out of the count. A letter that has not been sent is dropped."""
    with transaction() as (container, session):
        cause = _cause(container, session, signature_id, by, reason)
        invalidating.invalidate_one(session, signature_id, cause, container.clock())
    click.echo(f"{signature_id} is not counted any more.")


@click.command()
@click.argument("signature_id", type=click.UUID)
@REASON
@BY
def restore(signature_id: UUID, reason: str, by: str) -> None:
    """Restore one invalidated signature, with its letter if that has not been sent."""
    with transaction() as (container, session):
        live, now = container.settings.live, container.clock()
        cause = _cause(container, session, signature_id, by, reason)
        invalidating.restore_one(
            session, container.keyring, signature_id, cause, live=live, now=now
        )
    click.echo(f"{signature_id} is restored.")


@click.command()
@click.argument("signature_id", type=click.UUID)
@REASON
@BY
def hold(signature_id: UUID, reason: str, by: str) -> None:
    """Neither count nor show one signature until it is released. Its letter waits."""
    with transaction() as (container, session):
        cause = _cause(container, session, signature_id, by, reason)
        holding.hold_one(session, signature_id, cause, container.clock())
    click.echo(f"{signature_id} is held.")


@click.command()
@click.argument("signature_ids", type=click.UUID, nargs=-1, required=True)
@REASON
@BY
def release(signature_ids: tuple[UUID, ...], reason: str, by: str) -> None:
    """Count held signatures from today on, and send their letters."""
    with transaction() as (container, session):
        live, now = container.settings.live, container.clock()
        cause = Justification(by, reason)
        for signature_id in signature_ids:
            cause = _cause(container, session, signature_id, by, reason)
        count = holding.release(
            session, container.keyring, signature_ids, cause, live=live, now=now
        )
    click.echo(f"{count} released; {len(set(signature_ids)) - count} were not held.")
