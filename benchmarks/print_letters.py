"""How much memory one file of 1,000 letters takes: `campaign letters print`, as a process.

The letters are stored through the services, each with a paragraph of its own. The limit
is the project's own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import deployed
from made_up import sign

from campaign.container import build_container
from campaign.operations.commands.prepare import load_data
from campaign.settings.load import load_settings
from campaign.store import migrate

LETTERS = 1_000
LIMIT_MEGABYTES = 250


def main() -> None:
    with tempfile.TemporaryDirectory() as instance:
        environ = {**os.environ, **deployed.malloc(), "CAMPAIGN_INSTANCE": instance}
        container = build_container(load_settings(environ))
        migrate.upgrade(container.database)
        load_data(container)
        sign(container, LETTERS)
        container.database.close()
        output = Path(instance) / "letters.pdf"
        began = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "campaign",
            "letters",
            "print",
            "--recipient",
            "DE/foreign-affairs",
        ]
        subprocess.run([*command, "--output", output], env=environ, check=True, stdout=sys.stderr)
        seconds = time.perf_counter() - began
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = output.stat().st_size / 1_000_000
    print(
        f"{LETTERS} letters printed      {megabytes:8.0f} MB   limit {LIMIT_MEGABYTES}, "
        f"in {seconds:.1f} s, a file of {size:.1f} MB"
    )


if __name__ == "__main__":
    main()
