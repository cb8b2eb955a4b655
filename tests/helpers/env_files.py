"""Files of settings as systemd and a shell read them, and how a value is written for both."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

AWKWARD = {
    "a space": "Testa Example Society",
    "spaces around": "  Testa  ",
    "a dollar": "pa$word ${HOME} $(id) `id`",
    "a hash": "# no comment",
    "a backslash": r"back\slash \n \$ \\",
    "at the end a backslash": "end\\",
    "double quotes": 'the "Society"',
    "an apostrophe": "O'Example's",
    "only apostrophes": "''",
    "an equals sign": "postgresql:///campaign?a=b&c=d",
    "a semicolon": "Made-up Hosting, Exampletown; Made-up Mail",
    "other scripts": "Ένωση Παράδειγμα – Příklad 例",
    "nothing": "",
}
"""Values that one of the two would change, if they were not written as `written` does."""

_DUMP = "import json, os; print(json.dumps(dict(os.environ)))"


def written(value: str) -> str:
    """Return a value as deploy/campaign.env.example says to write it."""
    return "'" + value.replace("'", "'\"'\"'") + "'"


def read_by_shell(path: Path) -> dict[str, str]:
    """Return what processes get after `set -a; . FILE; set +a`."""
    script = 'set -a; . "$1"; set +a; exec "$2" -c "$3"'
    command = ["/bin/sh", "-euc", script, "sh", str(path), sys.executable, _DUMP]
    said = subprocess.check_output(command, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"})
    environ: dict[str, str] = json.loads(said)
    return {name: value for name, value in environ.items() if name.startswith("CAMPAIGN_")}


def read_by_systemd(text: str) -> dict[str, str]:
    """Return what a unit gets with `EnvironmentFile=`: a model of the rules for what we write.

    systemd.exec(5): comments begin a line with # or ;, single quotes keep everything, a backslash
    escapes outside of quotes, and what follows a closing quote goes on. make test-system compares
    this with systemd's own code.
    """
    found = {}
    for line in text.splitlines():
        name, equals, rest = line.strip().partition("=")
        if equals and name[:1] not in {"#", ";"}:
            found[name.rstrip()] = _value(rest)
    return found


def _value(rest: str) -> str:
    value = ""
    rest = rest.lstrip()
    while rest[:1] in {"'", '"'}:
        quote = rest[0]
        inside, _, rest = rest[1:].partition(quote)
        value += inside
        rest = rest.lstrip()
    return value + rest.replace("\\", "").rstrip()
