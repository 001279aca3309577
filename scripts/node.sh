# Sourced by the scripts that need Node, after network.sh and with `say` and `fail` defined:
# `find_node` puts Node >= 20.19 and npm on the PATH, installing them into .venv when the machine has none.

has_node() {
    command -v npm >/dev/null && command -v node >/dev/null &&
        node -e 'const [a, b] = process.versions.node.split(".").map(Number);
                 process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'
}

find_node() {
    ! has_node || return 0
    PATH=$PWD/.venv/bin:$PATH
    hash -r
    ! has_node || return 0
    [ -x .venv/bin/uv ] || fail "Node is missing, and so is .venv" "Run scripts/bootstrap.sh first."
    say "installing Node into .venv"
    use_pip_mirror
    # The pages and the tests' servers may both want it, at the same time.
    exec 6>.local/node.lock
    if command -v flock >/dev/null; then flock 6; fi
    if ! has_node; then
        VIRTUAL_ENV=$PWD/.venv .venv/bin/uv pip install --quiet --require-hashes -r requirements/web.txt ||
            fail "could not install Node" "Install Node 20.19 or newer by hand."
        hash -r
    fi
    exec 6>&-
    has_node || fail "Node does not run" "Install Node 20.19 or newer by hand."
}
