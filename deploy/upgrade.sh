#!/bin/sh
# A new version beside the old one, and a switch (docs/operating.md, docs/adr/0046). As root:
#
#   upgrade.sh TAG               back up, build the release, prepare, switch, let new processes take over
#   upgrade.sh --no-backup TAG   the same, after a backup that you have made yourself
#   upgrade.sh --back            the release before, if no migration came between
#   upgrade.sh --restart         nothing new but the environment: after a change of /etc/campaign.env
#
# ROOT/source is a clone, ROOT/releases/COMMIT a release with its .venv, ROOT/current the one that
# runs, ROOT/previous the one before. Nothing of yours is overwritten: what differs is shown.
set -eu
umask 022

ROOT=${ROOT:-/srv/campaign}
ENV_FILE=${ENV_FILE:-/etc/campaign.env}
BACKUPS=${BACKUPS:-/srv/backups}
UNITS=${UNITS:-/etc/systemd/system}
RUNTIME_UNITS=${RUNTIME_UNITS:-/run/systemd/system}
NGINX=${NGINX:-/etc/nginx/sites-enabled/campaign}
PYTHON=${PYTHON:-python3}
SETTLE=${SETTLE:-5} # seconds after which a process that was started wrongly has ended

STANDIN=campaign-web-standin.service
VERSIONS=campaign/store/migrations/versions

say() { printf '%s\n' "upgrade: $*"; }
fail() {
    say "$*" >&2
    exit 1
}

# in_release FOLDER COMMAND …: a program of a release, as the site's user and with its settings.
in_release() (
    cd "$1"
    program=$2
    shift 2
    set -a
    # shellcheck source=/dev/null
    . "$ENV_FILE"
    set +a
    exec sudo --preserve-env -u campaign ".venv/bin/$program" "$@"
)

# release_of LINK: the folder that it leads to, or nothing.
release_of() {
    [ ! -L "$ROOT/$1" ] || readlink -f "$ROOT/$1"
}

# point LINK FOLDER: in one step, so that there is always one.
point() {
    ln -sfn "$2" "$ROOT/$1.new"
    mv -T "$ROOT/$1.new" "$ROOT/$1"
}

fetch() {
    git -C "$ROOT/source" fetch --quiet --tags origin
    commit=$(git -C "$ROOT/source" rev-parse --verify --quiet "origin/$1^{commit}" ||
        git -C "$ROOT/source" rev-parse --verify --quiet "$1^{commit}") ||
        fail "there is no version $1"
    commit=$(git -C "$ROOT/source" rev-parse --short=12 "$commit")
}

# Its name is written into it last: a release without it is not whole, and built again.
build() {
    [ ! -e "$1/COMMIT" ] || return 0
    rm -rf "$1"
    mkdir -p "$1"
    git -C "$ROOT/source" archive --output="$1.tar" "$commit"
    tar -xf "$1.tar" -C "$1"
    rm "$1.tar"
    "$PYTHON" -m venv "$1/.venv"
    pip="$1/.venv/bin/python -m pip --quiet --disable-pip-version-check"
    $pip install --require-hashes -r "$1/requirements.txt"
    $pip install --no-deps --no-build-isolation -e "$1"
    # The site's user may not write there, and each start would compile everything again.
    "$1/.venv/bin/python" -m compileall -q "$1/campaign" "$1/app.py"
    "$1/.venv/bin/pybabel" --quiet compile --directory "$1/campaign/translations"
    printf '%s\n' "$commit" >"$1/COMMIT"
}

# Shows how what is installed differs from a release's deploy/.
compare() {
    for unit in "$1"/deploy/systemd/*; do
        name=${unit##*/}
        if [ ! -e "$UNITS/$name" ]; then
            say "$name is not installed"
        elif ! diff -u "$UNITS/$name" "$unit"; then
            say "$name differs: take over what you want, or cp $unit $UNITS/"
        fi
    done
    if [ -e "$NGINX" ]; then
        host=$(sed -n 's|^CAMPAIGN_BASE_URL=["'\'']\{0,1\}https\{0,1\}://\([^:/"'\'']*\).*|\1|p' "$ENV_FILE")
        sed "s/${host:-letters.example.org}/letters.example.org/g" "$NGINX" |
            diff -u - "$1/deploy/nginx/campaign.conf" ||
            say "$NGINX differs (but for the name of the site): nginx -t && systemctl reload nginx after a change"
    fi
}

# Units of before release folders would start what is in another place, on the new tables.
must_run_current() {
    for unit in "$UNITS"/campaign-*.service; do
        [ -e "$unit" ] || continue
        ! grep -q "^ExecStart=$ROOT/\.venv/" "$unit" ||
            fail "${unit##*/} still runs $ROOT/.venv: install the new unit first. Nothing was switched."
    done
}

is_active() { systemctl is-active --quiet "$1"; }

stays() {
    sleep "$SETTLE"
    is_active "$1"
}

# All take connections from the one socket, which systemd holds: nobody waits for a process that
# starts, and what comes in meanwhile stays in the socket's queue.
renew_web() {
    if ! is_active campaign-web.service; then
        say "campaign-web does not run, and is left so"
        return 0
    fi
    in_release "$ROOT/current" gunicorn --check-config --config python:campaign.server app:app || return 1
    if ! is_active campaign-web.socket; then
        say "campaign-web.socket does not run: requests of this moment are lost"
        systemctl restart campaign-web.service
        return 0
    fi
    mkdir -p "$RUNTIME_UNITS"
    systemctl cat campaign-web.service >"$RUNTIME_UNITS/$STANDIN"
    systemctl daemon-reload
    if ! { systemctl start "$STANDIN" && stays "$STANDIN"; }; then
        systemctl stop "$STANDIN" || true
        rm "$RUNTIME_UNITS/$STANDIN"
        return 1
    fi
    systemctl restart campaign-web.service
    stays campaign-web.service ||
        fail "campaign-web does not start; $STANDIN answers until you have mended it, then stop that"
    systemctl stop "$STANDIN"
    rm "$RUNTIME_UNITS/$STANDIN"
    systemctl daemon-reload
}

# Each finishes the message in hand first.
renew_others() {
    for unit in $(systemctl list-units --plain --no-legend --state=active 'campaign-worker@*.service' | cut -d' ' -f1); do
        systemctl restart "$unit"
    done
    for unit in campaign-inbound.service campaign-metrics.service; do
        ! is_active "$unit" || systemctl restart "$unit"
    done
}

# switch NEW OLD: the old release stays what runs if the new one does not start.
switch() {
    point current "$1"
    systemctl daemon-reload
    if ! renew_web; then
        [ -z "$2" ] || point current "$2"
        fail "the new web server does not start; the old one still answers. Nothing was switched."
    fi
    [ -z "$2" ] || [ "$2" = "$1" ] || point previous "$2"
    renew_others
}

# must_stop_first NEW OLD: does a migration that only NEW has change tables so that OLD cannot use
# them any more?
must_stop_first() {
    for file in "$1/$VERSIONS"/*.py; do
        if [ ! -e "$2/$VERSIONS/${file##*/}" ] && grep -q '^STOP_FIRST = True' "$file"; then
            return 0
        fi
    done
    return 1
}

# What answers or sends, as far as it runs. Requests wait in campaign-web.socket, which stays.
running_units() {
    systemctl list-units --plain --no-legend --state=active 'campaign-worker@*.service' | cut -d' ' -f1
    for unit in campaign-inbound.service campaign-metrics.service campaign-web.service; do
        ! is_active "$unit" || echo "$unit"
    done
}

# switch_stopped NEW OLD: change the tables while nothing uses them, then start what ran before.
switch_stopped() {
    units=$(running_units)
    say "tables change, so nothing runs meanwhile: requests wait"
    # The first request that waits starts the web server: the new one, which waits for the tables.
    point current "$1"
    systemctl daemon-reload
    for unit in $units; do systemctl stop "$unit"; done
    if ! in_release "$1" campaign prepare; then
        point current "$2"
        for unit in $units; do systemctl restart "$unit"; done
        fail "campaign prepare failed. Nothing was switched."
    fi
    point previous "$2"
    for unit in $units; do
        systemctl start "$unit" || fail "$unit does not start. The tables are those of the new version."
    done
}

forget_old_releases() {
    for folder in "$ROOT"/releases/*; do
        case $(readlink -f "$folder") in
        "$(release_of current)" | "$(release_of previous)") ;;
        *) rm -rf "$folder" ;;
        esac
    done
}

upgrade() {
    old=$(release_of current)
    fetch "$1"
    new=$(readlink -f "$ROOT")/releases/$commit
    say "building $commit"
    build "$new"
    compare "$new"
    must_run_current
    if [ -n "$old" ] && [ "$backup" = yes ]; then
        file=$BACKUPS/$(date -u +%Y-%m-%dT%H%M%SZ)-before-$commit.age
        in_release "$old" campaign backup "$file" || fail "no backup, so nothing was switched (--no-backup)"
        say "backed up into $file"
    fi
    if [ -n "$old" ] && must_stop_first "$new" "$old"; then
        switch_stopped "$new" "$old"
    else
        in_release "$new" campaign prepare || fail "campaign prepare failed. Nothing was switched."
        switch "$new" "$old"
    fi
    forget_old_releases
    say "$commit runs; before it ran ${old:-nothing}"
}

migrations_of() (
    cd "$1/$VERSIONS"
    ls ./*.py
)

back() {
    new=$(release_of previous)
    old=$(release_of current)
    [ -n "$new" ] || fail "there is no release before this one"
    [ "$(migrations_of "$new")" = "$(migrations_of "$old")" ] ||
        fail "a migration came between: going back means restoring the backup (docs/running.md). Nothing was switched."
    in_release "$new" campaign prepare || fail "campaign prepare failed. Nothing was switched."
    switch "$new" "$old"
    say "${new##*/} runs again; upgrade.sh --back leads to ${old##*/}"
}

backup=yes
if [ "${1:-}" = --no-backup ]; then
    backup=no
    shift
fi
[ $# -eq 1 ] || fail "which version? upgrade.sh TAG, --back or --restart"

exec 9>"$ROOT/.upgrade.lock"
flock -n 9 || fail "another upgrade is under way"
case $1 in
--back) back ;;
--restart)
    systemctl daemon-reload
    renew_web || fail "the new web server does not start; the old one still answers"
    renew_others
    ;;
-*) fail "what is $1?" ;;
*) upgrade "$1" ;;
esac
