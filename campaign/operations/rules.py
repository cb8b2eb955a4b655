"""What is known of a failing task, without anything about people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True)
class TaskFailure:
    """A worker's failing task: since when, how often in a row, and with which error.

    `error`: the type of the last error and its place in the code, never its message.
    """

    task: str
    since: datetime
    tries: int
    error: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"since": self.since.isoformat()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(**value | {"since": datetime.fromisoformat(value["since"])})
