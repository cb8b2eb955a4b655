"""What the attacks need, said at once: Debian's nginx, and tools in environments of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from campaign.settings.settings import BASE_DIR

FOLDER = BASE_DIR / ".attack"
HERE = Path(__file__).parent
# sqlmap and Wapiti pin other versions of packages that the application uses, too.
SCANNERS, FUZZING = FOLDER / "scanners", FOLDER / "fuzzing"


@dataclass(frozen=True)
class Tools:
    wapiti: str
    sqlmap: str
    fuzzing_python: str
    versions: dict[str, str]


def gather() -> Tools:
    """Install what pip can, and end with one sentence if something else is missing."""
    if shutil.which("nginx") is None:
        sys.exit("make attack needs nginx (Debian: apt-get install nginx-light)")
    _install(SCANNERS, HERE / "scanners.txt")
    _install(FUZZING, BASE_DIR / "requirements.txt", HERE / "fuzzing.txt")
    pinned = [HERE / "scanners.txt", HERE / "fuzzing.txt", BASE_DIR / "requirements.txt"]
    versions = {name: _pinned(name, pinned) for name in ("wapiti3", "sqlmap", "atheris")}
    said = subprocess.run(["nginx", "-v"], capture_output=True, text=True, check=True)
    versions["nginx"] = said.stderr.strip().rpartition("/")[2]
    return Tools(
        str(SCANNERS / "bin" / "wapiti"),
        str(SCANNERS / "bin" / "sqlmap"),
        str(FUZZING / "bin" / "python"),
        versions,
    )


def _install(folder: Path, *locks: Path) -> None:
    done = folder / "installed"
    if done.exists() and done.stat().st_mtime > max(lock.stat().st_mtime for lock in locks):
        return
    print(f"Installing into {folder.relative_to(BASE_DIR)} (once) ...", flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    for lock in locks:
        subprocess.run([*pip, "--require-hashes", "-r", str(lock)], check=True)
    done.touch()


def _pinned(name: str, locks: list[Path]) -> str:
    for lock in locks:
        for line in lock.read_text().splitlines():
            if line.startswith(f"{name}=="):
                return line.removeprefix(f"{name}==").split()[0]
    raise LookupError(name)
