#!/usr/bin/env bash
# Installs other people's servers that the tests sign in at: the packages of tests/servers.
#
#   scripts/test_servers.sh                install them, unless they are there
#   scripts/test_servers.sh --background   the same without waiting
#   scripts/test_servers.sh --wait         wait until that has ended; fails when it has failed
#
# They are 250 MB and the same for every checkout, so they stand in the user's cache, by the digest
# of their versions; tests/servers/node_modules points there. A lock makes one process install and
# the others wait; its end, however it comes, lets the lock go, and only a whole installation has
# its stamp.
set -Eeuo pipefail
trap 'echo "test_servers: stopped at line $LINENO" >&2' ERR
cd "$(dirname "$0")/.."
. scripts/network.sh
. scripts/node.sh

WAIT_S=900
say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'test_servers: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '              %s\n' "$2" >&2
    exit 1
}

digest=$(cat tests/servers/package.json tests/servers/package-lock.json tests/servers/.npmrc | sha256sum | cut -c1-16)
cache=${XDG_CACHE_HOME:-${HOME:-/var/tmp/hientruong-$(id -u)}/.cache}/hientruong
folder=$cache/test-servers-$digest
stamp=$folder/installed
log=$folder/install.log

link() { ln -sfn "$folder/node_modules" tests/servers/node_modules; }

install() {
    [ ! -f "$stamp" ] || return 0
    find_node
    cp tests/servers/package.json tests/servers/package-lock.json tests/servers/.npmrc "$folder/"
    npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error ||
        fail "npm ci failed for tests/servers" "Check the network, then: scripts/test_servers.sh"
    touch "$stamp"
}

mkdir -p "$folder" .local
exec 7>"$folder.lock"

case ${1:-} in
'')
    flock 7
    install
    link
    ;;
--background)
    link
    [ ! -f "$stamp" ] || exit 0
    # Somebody is at it; whoever waits will know how it ends.
    flock -n 7 || exit 0
    say "installing the servers that tests sign in at, in the background"
    # The lock goes along with descriptor 7, in a session of its own: the end of make does not end it.
    (
        trap '' HUP
        install
    ) >"$log" 2>&1 </dev/null 9>&- &
    ;;
--wait)
    flock -s -w "$WAIT_S" 7 || fail "the servers of tests/servers are still being installed after $WAIT_S s" "See $log"
    if [ ! -f "$stamp" ]; then
        tail -n 15 "$log" >&2 2>/dev/null || true
        fail "the servers of tests/servers are not installed" "Run: scripts/test_servers.sh"
    fi
    link
    ;;
*) fail "usage: scripts/test_servers.sh [--background|--wait]" ;;
esac
