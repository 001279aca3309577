#!/usr/bin/env bash
# Makes this checkout able to run: the Python environment in .venv, PostgreSQL with PostGIS, ffmpeg.
#
#   scripts/bootstrap.sh [runtime|dev|clients|s3]
#
# `dev` adds what `make test` and `make check` want (the servers of tests/servers in the background), `clients` also QGIS for `make test-clients`.
# Works on Debian and Ubuntu with Python 3.11 or newer, as root or with sudo. Does nothing when
# all is there already. PYTHON names another interpreter; with DATABASE_URL set no PostgreSQL is
# installed.
set -Eeuo pipefail
trap 'echo "bootstrap: stopped at line $LINENO" >&2' ERR
cd "$(dirname "$0")/.."
. scripts/network.sh

UV_RANGE='uv>=0.9,<0.14'
wanted=${1:-runtime}

say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'bootstrap: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '           %s\n' "$2" >&2
    exit 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root, and there is no sudo: $*" "Run it as root once, then start again."
    fi
}

apt_updated=
apt_install() {
    command -v apt-get >/dev/null ||
        fail "cannot install $* here: apt-get is missing" "Install the equivalent by hand, then start again."
    apt_update
    if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq -o Dpkg::Use-Pty=0 \
        --no-install-recommends "$@" >.local/apt.log 2>&1; then
        tail -n 15 .local/apt.log >&2
        fail "apt-get could not install $*" "Try: apt-get install $*"
    fi
}

apt_update() {
    [ -z "$apt_updated" ] || return 0
    as_root apt-get update -qq || fail "apt-get update failed" "Check the network and /etc/apt/sources.list."
    apt_updated=yes
}

find_python() {
    local candidate
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found" "Install one (Debian 12: apt-get install python3) or set PYTHON=/path/to/python."
}

make_environment() {
    if ! .venv/bin/python -c '' 2>/dev/null; then
        local python version
        python=$(find_python)
        say "making .venv with $("$python" --version)"
        rm -rf .venv
        # Debian's Python comes without ensurepip until python3-venv is installed.
        if ! "$python" -c 'import ensurepip' 2>/dev/null; then
            version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
            say "installing python$version-venv"
            apt_install "python$version-venv"
        fi
        "$python" -m venv .venv || fail "python -m venv failed" "Remove .venv and start again."
    fi
    if [ ! -x .venv/bin/uv ]; then
        say "installing uv"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check "$UV_RANGE" ||
            fail "pip could not install uv" "Check the network and pip's configuration."
    fi
}

stamp_of() { cat "requirements/$1.txt" pyproject.toml scripts/bootstrap.sh | sha256sum; }
is_current() { [ -f ".venv/.synced-$1" ] && [ "$(cat ".venv/.synced-$1")" = "$(stamp_of "$1")" ]; }

sync_packages() {
    # An environment that has the developers' tools keeps them: `make run` between two
    # `make test` would otherwise remove and fetch them again.
    local list=dev
    if [ "$wanted" = runtime ] && [ ! -f .venv/.synced-dev ]; then list=runtime; fi
    ! is_current "$list" || return 0
    say "installing the Python packages of requirements/$list.txt"
    rm -f .venv/.synced-*
    export VIRTUAL_ENV=$PWD/.venv
    use_pip_mirror
    .venv/bin/uv pip sync --quiet --require-hashes "requirements/$list.txt" ||
        fail "uv could not install requirements/$list.txt" "Check the network, then start again."
    # After the sync, which removes what is not in its list: this project too.
    .venv/bin/uv pip install --quiet --no-deps --editable . ||
        fail "uv could not install the project into .venv" "See the message above."
    stamp_of "$list" >".venv/.synced-$list"
}

# The conformance tests of OGC API – Features: their httpx is not ours.
sync_ogctests() {
    local stamp
    stamp=$(cat requirements/ogctests.txt scripts/bootstrap.sh | sha256sum)
    [ "$(cat .venv-ogctests/.synced 2>/dev/null)" != "$stamp" ] || return 0
    say "installing the Python packages of requirements/ogctests.txt"
    use_pip_mirror
    .venv/bin/uv venv --quiet --clear --python .venv/bin/python .venv-ogctests &&
        VIRTUAL_ENV=$PWD/.venv-ogctests .venv/bin/uv pip sync --quiet --require-hashes requirements/ogctests.txt ||
        fail "uv could not install requirements/ogctests.txt" "Check the network, then start again."
    printf '%s\n' "$stamp" >.venv-ogctests/.synced
}

install_ffmpeg() {
    say "installing ffmpeg, which makes videos fit to be shown"
    apt_install ffmpeg
}

install_exiftool() {
    say "installing exiftool, which the tests search our pictures with"
    apt_install libimage-exiftool-perl
}

install_gdal() {
    say "installing GDAL's programs, which the tests read our layers with"
    apt_install gdal-bin
}

has_browser() {
    [ -n "${CHROMIUM:-}" ] ||
        command -v chromium chromium-browser google-chrome-stable google-chrome >/dev/null
}

install_chromium() {
    apt_update
    # Ubuntu has it as a snap only, which no container runs.
    if apt-cache show chromium >/dev/null 2>&1; then
        say "installing Chromium, which the tests draw maps in (180 MB to fetch, 650 MB on disk)"
        apt_install chromium
    else
        say "apt has no Chromium: tests/e2e/test_foreign_map.py wants it or Google Chrome, else CHROMIUM=path"
    fi
}

has_qgis() { QT_QPA_PLATFORM=offscreen /usr/bin/python3 -c 'import qgis.core' 2>/dev/null; }

install_qgis() {
    say "installing QGIS, which tests/clients open our layers in (200 MB to fetch, 930 MB on disk)"
    apt_install python3-qgis qgis-providers
}

has_ceph() { PATH=$PATH:/usr/sbin command -v radosgw ceph-mon ceph-osd ceph >/dev/null; }

install_ceph() {
    say "installing Ceph, which tests/s3 keep photos in (100 MB to fetch, 400 MB on disk)"
    apt_install radosgw ceph-mon ceph-osd ceph-common
}

has_postgis() {
    local share
    share=$(pg_config --sharedir 2>/dev/null || true)
    compgen -G '/usr/share/postgresql/*/extension/postgis.control' >/dev/null ||
        { [ -n "$share" ] && [ -e "$share/extension/postgis.control" ]; }
}

install_postgis() {
    local server='' version quiet=/etc/postgresql-common/createcluster.d/hientruong-bootstrap.conf
    say "installing PostgreSQL with PostGIS"
    # The newest server there already, else the release's own.
    version=$(find /usr/lib/ -mindepth 4 -maxdepth 4 -path "/usr/lib/postgresql/*/bin/postgres" | cut -d/ -f5 | sort -n | tail -1)
    if [ -z "$version" ]; then
        command -v apt-get >/dev/null || fail "apt is missing" "Install PostgreSQL and PostGIS by hand."
        apt_update
        version=$(apt-cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p' | head -1)
        [ -n "$version" ] || fail "apt knows no PostgreSQL" "Install PostgreSQL with PostGIS by hand, or set DATABASE_URL."
        server=postgresql-$version
        # The package would make and start a cluster of the system on port 5432. We use our own,
        # so ask it not to, for this one installation.
        as_root mkdir -p "${quiet%/*}"
        echo 'create_main_cluster = false' | as_root tee "$quiet" >/dev/null
        # shellcheck disable=SC2064  # the path is wanted as it is now
        trap "as_root rm -f '$quiet'" EXIT
    fi
    # shellcheck disable=SC2086  # empty when the server is there already
    apt_install $server "postgresql-$version-postgis-3"
    if [ -n "$server" ]; then
        as_root rm -f "$quiet"
        trap - EXIT
    fi
    has_postgis || fail "PostGIS is still missing after its installation" "Install it by hand, or set DATABASE_URL."
}

case $wanted in
runtime | dev | clients | s3) ;;
*) fail "usage: scripts/bootstrap.sh [runtime|dev|clients|s3]" ;;
esac

# Two makes at once wait for each other.
mkdir -p .local
exec 9>.local/bootstrap.lock
if command -v flock >/dev/null; then flock 9; fi

make_environment
sync_packages
if [ -z "${DATABASE_URL:-}" ] && ! has_postgis; then install_postgis; fi
command -v ffmpeg >/dev/null || install_ffmpeg
if [ "$wanted" != runtime ]; then
    sync_ogctests
    command -v exiftool >/dev/null || install_exiftool
    command -v ogrinfo >/dev/null || install_gdal
    has_browser || install_chromium
    # A minute or more of npm: nobody waits for it here, the tests that need them do.
    scripts/test_servers.sh --background
fi
if [ "$wanted" = clients ]; then has_qgis || install_qgis; fi
if [ "$wanted" = s3 ]; then has_ceph || install_ceph; fi
