# Sourced by the other scripts: lets uv and npm follow what this machine is configured for.

certificates=/etc/ssl/certs/ca-certificates.crt
if [ -f "$certificates" ]; then
    # Behind a proxy that signs for itself, only the machine's own list knows its certificate.
    # Both names: uv renamed the setting.
    export UV_NATIVE_TLS=${UV_NATIVE_TLS:-true} UV_SYSTEM_CERTS=${UV_SYSTEM_CERTS:-true}
    export NODE_EXTRA_CA_CERTS=${NODE_EXTRA_CA_CERTS:-$certificates}
fi

# uv does not read pip's configuration: hand a mirror configured there on.
use_pip_mirror() {
    local mirror
    [ -z "${UV_DEFAULT_INDEX:-}${UV_INDEX_URL:-}" ] || return 0
    mirror=$(.venv/bin/python -m pip config get global.index-url 2>/dev/null || true)
    mirror=${PIP_INDEX_URL:-$mirror}
    [ -z "$mirror" ] || export UV_DEFAULT_INDEX=$mirror
}
export NPM_CONFIG_UPDATE_NOTIFIER=false
