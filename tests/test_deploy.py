"""What stands under `deploy/` fits the application and says the same everywhere."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from click import Context

from campaign.cli import commands
from campaign.settings.settings import BASE_DIR, Settings, env_name

if TYPE_CHECKING:
    from pathlib import Path

DEPLOY = BASE_DIR / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
SERVER = ["--config", "python:campaign.server", "--workers", "2", "--worker-connections", "8"]


def compose() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return read


def run_by(unit: Path) -> list[str]:
    (line,) = re.findall(r"^ExecStart=((?:.*\\\n)*.*)", unit.read_text(), re.MULTILINE)
    return str(line).replace("\\\n", " ").split()


def test_units_and_containers_run_commands_that_there_are() -> None:
    ran = [run_by(unit)[1] for unit in UNITS if run_by(unit)[0].endswith("/campaign")]
    services = compose()["services"].values()
    ran += [one["command"][1] for one in services if one.get("command", [""])[0] == "campaign"]
    assert {"worker", "watch", "metrics", "backup", "prepare"} <= set(ran)
    assert set(ran) <= set(commands.list_commands(Context(commands)))


def test_the_web_server_is_started_in_the_same_way_everywhere() -> None:
    unit = run_by(DEPLOY / "systemd" / "campaign-web.service")
    container = (DEPLOY / "Containerfile").read_text().rpartition("CMD ")[2]
    for word in SERVER:
        assert word in unit
        assert f'"{word}"' in container


def test_units_run_the_release_that_the_link_names() -> None:
    ours = [unit for unit in UNITS if run_by(unit)[0].startswith("/srv/campaign/")]
    assert len(ours) > 4
    for unit in ours:
        text = unit.read_text()
        assert run_by(unit)[0].startswith("/srv/campaign/current/.venv/bin/"), unit.name
        assert "WorkingDirectory=/srv/campaign/current\n" in text, unit.name


def test_the_web_servers_socket_is_where_the_proxy_looks() -> None:
    (listens,) = re.findall(
        r"^ListenStream=(.*)$",
        (DEPLOY / "systemd" / "campaign-web.socket").read_text(),
        re.MULTILINE,
    )
    unit = DEPLOY / "systemd" / "campaign-web.service"
    assert run_by(unit)[run_by(unit).index("--bind") + 1] == listens
    assert f"server {listens};" in (DEPLOY / "nginx" / "campaign.conf").read_text()
    # A reload would keep the environment and part of the old code.
    assert "Sockets=campaign-web.socket\n" in unit.read_text()
    assert "\nExecReload=" not in unit.read_text()


def test_settings_that_are_named_are_settings() -> None:
    known = {env_name(name) for name in Settings.__annotations__}
    texts = [path.read_text() for path in DEPLOY.rglob("*") if path.is_file()]
    texts.append((BASE_DIR / "docs" / "operating.md").read_text())
    named = {name for text in texts for name in re.findall(r"CAMPAIGN_[A-Z_]+", text)}
    assert named
    assert named <= known


def test_a_command_in_a_container_makes_no_development_site() -> None:
    container = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^ENV (?:.*\\\n)*.*CAMPAIGN_ENVIRONMENT=production", container, re.MULTILINE)


def test_images_name_no_registry() -> None:
    images = [one["image"] for one in compose()["services"].values()]
    images += re.findall(r"^FROM (\S+)", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)
    assert not any("." in image.split("/")[0].split(":")[0] for image in images)


HARDENED = (
    "User=campaign",
    "UMask=0077",
    "NoNewPrivileges=yes",
    "ProtectSystem=strict",
    "ProtectHome=yes",
    "PrivateTmp=yes",
    "PrivateDevices=yes",
    "ProtectKernelTunables=yes",
    "ProtectKernelModules=yes",
    "ProtectControlGroups=yes",
    "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6",
    "RestrictSUIDSGID=yes",
    "LockPersonality=yes",
    "LimitCORE=0",
)
THE_SITES = [unit for unit in UNITS if not unit.name.startswith("campaign-failed")]
TIMERS = sorted((DEPLOY / "systemd").glob("*.timer"))


def name_of(unit: Path) -> str:
    return unit.name


@pytest.mark.parametrize("unit", THE_SITES, ids=name_of)
def test_no_unit_may_become_more_than_it_is(unit: Path) -> None:
    lines = unit.read_text().splitlines()
    assert [line for line in HARDENED if line not in lines] == []


def test_only_what_runs_the_site_gets_its_keys() -> None:
    given = {unit for unit in UNITS if "EnvironmentFile=/etc/campaign.env\n" in unit.read_text()}
    assert given == {unit for unit in UNITS if run_by(unit)[0].startswith("/srv/campaign/")}


@pytest.mark.parametrize("unit", THE_SITES, ids=name_of)
def test_every_unit_of_the_site_may_write_into_the_folder_of_counters(unit: Path) -> None:
    """Each process with CAMPAIGN_METRICS=/run/campaign opens it; strict leaves it read-only."""
    text = unit.read_text()
    for line in ("=campaign", "Mode=0700", "Preserve=yes"):
        opened = f"\nRuntimeDirectory{line}\n" in text
        assert opened == ("/srv/campaign/current/.venv" in text)


@pytest.mark.parametrize("unit", THE_SITES, ids=name_of)
def test_somebody_is_told_when_a_unit_fails(unit: Path) -> None:
    assert "\nOnFailure=campaign-failed@%n.service\n" in unit.read_text()
    assert (DEPLOY / "systemd" / "campaign-failed@.service").exists()


def test_whoever_is_told_of_failures_is_not_told_each_minute() -> None:
    """The watch fails each minute while mail stands still."""
    text = (DEPLOY / "systemd" / "campaign-failed@.service").read_text()
    assert "\nStartLimitIntervalSec=6h\nStartLimitBurst=1\n" in text


def test_the_web_servers_memory_grows_with_the_machine() -> None:
    """A reload doubles the processes, of which there is one for each core."""
    text = (DEPLOY / "systemd" / "campaign-web.service").read_text()
    assert re.search(r"^MemoryMax=\d\d%$", text, re.MULTILINE)


def test_each_timer_starts_a_unit_and_makes_up_for_what_it_missed() -> None:
    assert [timer.stem for timer in TIMERS] == [
        "campaign-backup",
        "campaign-copy",
        "campaign-watch",
    ]
    for timer in TIMERS:
        assert "\nType=oneshot\n" in timer.with_suffix(".service").read_text()
        assert "\nWantedBy=timers.target\n" in timer.read_text()
        assert ("Persistent=true" in timer.read_text()) == (timer.stem != "campaign-watch")


def test_folders_that_the_units_and_the_proxy_need_are_made_at_every_boot() -> None:
    made = (DEPLOY / "tmpfiles" / "campaign.conf").read_text().splitlines()
    assert "d /run/campaign 0700 campaign campaign -" in made
    assert "d /var/cache/nginx 0755 root root -" in made
    proxy = (DEPLOY / "nginx" / "campaign.conf").read_text()
    assert "\nproxy_cache_path /var/cache/nginx/campaign " in proxy


def test_mail_comes_in_at_a_socket_that_postfix_reaches_and_nobody_else() -> None:
    unit = DEPLOY / "systemd" / "campaign-inbound.service"
    folder, _, name = run_by(unit)[run_by(unit).index("--serve") + 1].rpartition("/")
    made = (DEPLOY / "tmpfiles" / "campaign-inbound.conf").read_text().splitlines()
    assert f"d {folder} 2750 campaign postfix -" in made
    assert f"\nReadWritePaths=/var/lib/campaign {folder}\n" in unit.read_text()
    for page in ("operating.md", "running.md"):
        told = (BASE_DIR / "docs" / page).read_text()
        assert f"letters.example.org=campaign:unix:{folder}/{name} " in told
        # The fifth column: not in Postfix's chroot, in which that folder is not.
        assert "campaign unix - - n - 2 lmtp" in told.replace("campaign/unix=", "")


def test_the_mail_about_a_failure_says_which_unit_and_what_it_said_last(tmp_path: Path) -> None:
    for name, does in {
        "systemctl": 'echo "$@"; exit 3',
        "sendmail": f"cat > {tmp_path}/mail",
    }.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    script = DEPLOY / "bin" / "campaign-failed"
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    subprocess.run([script, "campaign-worker@1.service"], env=environ, check=True)
    head, _, body = (tmp_path / "mail").read_text().partition("\n\n")
    assert head == f"To: root\nSubject: campaign-worker@1.service failed on {os.uname().nodename}"
    assert body.startswith("status ")
    assert body.endswith(" campaign-worker@1.service\n")


def test_a_certificate_can_be_renewed_while_everything_else_leads_to_https() -> None:
    plain = (DEPLOY / "nginx" / "campaign.conf").read_text().partition("listen 443")[0]
    assert "location /.well-known/acme-challenge/ {" in plain
    assert plain.index("location / {") < plain.index("return 301 https://")
