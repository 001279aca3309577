#!/usr/bin/env bash
# Builds web/ into web/dist, only when something in web/ changed since the last time.
#
#   scripts/build_web.sh               build
#   scripts/build_web.sh --run NAME    install what web/ needs, then run a script of its package.json
#
# Uses Node >= 20.19 from PATH, else installs Node into .venv from a Python package.
set -Eeuo pipefail
trap 'echo "build_web: stopped at line $LINENO" >&2' ERR
cd "$(dirname "$0")/.."
. scripts/network.sh
. scripts/node.sh

say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'build_web: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '           %s\n' "$2" >&2
    exit 1
}

digest_of_dependencies() { cat web/package.json web/package-lock.json | sha256sum; }
digest_of_sources() {
    find web \( -name node_modules -o -path web/dist -o -name '*.tsbuildinfo' \) -prune -o -type f -print0 |
        LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum
}
is_current() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

install_dependencies() {
    local digest
    digest=$(digest_of_dependencies)
    ! is_current web/node_modules/.installed-from "$digest" || return 0
    say "installing the packages of web/"
    npm --prefix web ci --no-audit --no-fund --loglevel=error ||
        fail "npm ci failed in web/" "Check the network, then start again."
    printf '%s\n' "$digest" >web/node_modules/.installed-from
}

if [ ! -f web/package.json ]; then
    say "there is no web/package.json: nothing to build"
    exit 0
fi

mkdir -p .local
exec 8>.local/web.lock
if command -v flock >/dev/null; then flock 8; fi

if [ "${1:-}" = --run ]; then
    find_node
    install_dependencies
    flock -u 8 2>/dev/null || true
    exec npm --prefix web run --silent "$2" 8>&-
fi

# Taken before the build: a file saved meanwhile makes the next run build again.
sources=$(digest_of_sources)
if [ -d web/dist ] && is_current .local/web.sha256 "$sources"; then exit 0; fi
find_node
install_dependencies
say "building web/"
npm --prefix web run --silent build || fail "the web build failed" "See the message above; by hand: npm --prefix web run build"
printf '%s\n' "$sources" >.local/web.sha256
