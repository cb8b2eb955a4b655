"""What commands share that ask for a reason: the option, and sentences about what cannot be."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from campaign.cli.options import open_container
from campaign.errors import InvalidText, NoLongerPossible
from campaign.organisers.audit_log import MAX_JUSTIFICATION, MAX_JUSTIFICATION_BY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from campaign.container import Container

reason_option = click.option("--reason", required=True, help="Why; kept in the log.")

_ERROR_MESSAGES = {
    "no-reason": "say in --reason why and in --by who",
    "too-long": (
        f"--by has room for {MAX_JUSTIFICATION_BY} characters and --reason for {MAX_JUSTIFICATION}"
    ),
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
    except NoLongerPossible as error:
        raise click.UsageError(f"this is not possible any more: it is {error}") from None
    except InvalidText as error:
        said = "--reason or --by has signs in it that cannot be kept"
        raise click.UsageError(_ERROR_MESSAGES.get(error.reason, said)) from None
