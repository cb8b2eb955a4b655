"""Output of commands: to a file that is complete or does not exist, or to standard output."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import click

from campaign.store.private_files import create_private_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


@contextmanager
def atomic_file(path: Path) -> Iterator[BinaryIO]:
    """Open a private file for writing, which gets its name only if the block succeeds.

    Raise ClickException, with one sentence, if it cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        with create_private_file(unfinished) as out:
            yield out
        unfinished.replace(path)
    except OSError as error:
        raise click.ClickException(
            f"{path} cannot be written: {error.strerror or error}. Nothing was left there."
        ) from None
    finally:
        unfinished.unlink(missing_ok=True)


def write_chunks(pieces: Iterable[bytes], path: Path | None) -> None:
    """Write to a file or, without one, to standard output, whose reader may close it early."""
    if path is not None:
        with atomic_file(path) as out:
            for piece in pieces:
                out.write(piece)
        return
    out = sys.stdout.buffer
    try:
        for piece in pieces:
            out.write(piece)
        out.flush()
    except BrokenPipeError:
        # The rest of the buffer would fail once more when Python exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
