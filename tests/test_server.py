"""What gunicorn's hooks do to a web process."""

from __future__ import annotations

import subprocess
import sys

from campaign.settings.settings import BASE_DIR

STARTS = """
import gc
from campaign import server

server.post_fork(None, None)
print(gc.isenabled())
server.post_worker_init(None)
print(gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_a_web_process_collects_garbage_again_once_it_has_started() -> None:
    # In a process of its own: what it freezes stays frozen.
    ended = subprocess.run(
        [sys.executable, "-c", STARTS], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )
    assert [line for line in ended.stdout.splitlines() if line[0] != "{"] == ["False", "True True"]
