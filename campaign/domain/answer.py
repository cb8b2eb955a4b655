"""An answer to a letter, as it is shown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """What is shown of a message that answers a letter; the message itself is kept beside it.

    `files`: names of what came with it. `truncated`: more came in than this.
    """

    sender: str
    subject: str
    text: str
    files: tuple[str, ...]
    truncated: bool
