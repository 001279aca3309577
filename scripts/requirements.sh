#!/usr/bin/env bash
# Compiles requirements/*.txt from pyproject.toml: every version and hash, no host name.
# Keeps the versions that stand there; `scripts/requirements.sh --upgrade` takes newer ones.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/network.sh
use_pip_mirror

compile() {
    UV_CUSTOM_COMPILE_COMMAND=scripts/requirements.sh .venv/bin/uv pip compile --quiet --universal --generate-hashes \
        --no-emit-index-url --no-emit-find-links "$@"
}

compile "$@" pyproject.toml -o requirements/runtime.txt
compile "$@" pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt
compile "$@" --group web -o requirements/web.txt
compile "$@" --group ogctests -o requirements/ogctests.txt

# Whoever installs from these files chooses the registry; the files must not.
if grep -nE '://|--(extra-)?index-url|--find-links' requirements/*.txt; then
    echo 'requirements: the files name a host, see above' >&2
    exit 1
fi
