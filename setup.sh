#!/usr/bin/env bash
# Prepares a Debian 12 machine for AppSteer. Called by make; each argument is one part:
#   packages   Debian packages that the agent, the demo and the tests run
#   rust       finds a Rust toolchain, or fetches one with rustup
#   venv       .venv with AppSteer built into it
#   dev, demo, bench   the Python packages of these groups (pyproject.toml)
# Every part checks first and does nothing when there is nothing to do.
set -euo pipefail
cd "$(dirname "$0")"

readonly MIN_RUST=88 # let chains; the workspace says the same
readonly PACKAGES=(
    build-essential                  # linker for the Rust build
    python3-venv                     # virtual environment, where python3 is Debian's
    openvswitch-switch               # the switch
    iproute2 ethtool procps          # namespaces, offloads, sysctl
    ca-certificates                  # rustup, cargo and pip fetch over HTTPS
    mininet net-tools                # mnexec, which Mininet's hosts run in, and ifconfig, which it calls
    nftables dnsmasq-base nginx-light libnginx-mod-stream curl openssl openssh-server openssh-client  # the demo's servers and clients
    mosquitto mosquitto-clients sip-tester iperf3 bind9-dnsutils iputils-ping tcpdump
    tshark                           # the tests of ofext/wireshark
)
declare -rA SERVICES=([nginx-light]=nginx [mosquitto]=mosquitto [openssh-server]=ssh) # what these would start at boot
readonly BENCH_PACKAGES=(libndpi-bin libndpi-dev tcpdump valgrind) # ndpiReader and libndpi, which the engine is measured against; instruction counts

say() { printf 'setup: %s\n' "$*"; }
fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else fail "installing Debian packages needs root, and there is no sudo: run this as root, or install: ${PACKAGES[*]}"
    fi
}

install_packages() {
    local missing=() name
    command -v dpkg-query >/dev/null ||
        fail "this machine has no dpkg; AppSteer is set up for Debian 12. Install what these packages hold, then run 'setup.sh rust venv': $*"
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null | grep -q '^installed' || missing+=("$name")
    done
    [ ${#missing[@]} -eq 0 ] && return
    say "installing ${missing[*]}"
    as_root apt-get update -qq || fail "apt-get update failed; the lines above say why"
    # The servers are run by the demo in namespaces of its own: keep Debian from starting them on the host, now and at boot.
    local policy=/usr/sbin/policy-rc.d
    if [ ! -e $policy ]; then
        printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
        as_root chmod +x $policy
        trap "as_root rm -f $policy" EXIT
    fi
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install: ${missing[*]}"
    for name in "${missing[@]}"; do
        if [ -n "${SERVICES[$name]:-}" ] && command -v systemctl >/dev/null; then
            as_root systemctl -q disable "${SERVICES[$name]}" || say "$name was installed for the demo, and starts at the next boot"
        fi
    done
}

find_rust() {
    [ -f "$HOME/.cargo/env" ] && . "$HOME/.cargo/env"
    if ! command -v cargo >/dev/null; then
        say "no cargo found; trying rustup"
        command -v curl >/dev/null || install_packages curl ca-certificates
        curl --proto '=https' --tlsv1.2 -sSf --max-time 60 https://sh.rustup.rs 2>/dev/null | sh -s -- -y --profile minimal >/dev/null 2>&1 ||
            fail "AppSteer's engine is written in Rust: install Rust 1.$MIN_RUST or later (https://rustup.rs) and run again"
        . "$HOME/.cargo/env"
    fi
    local version minor
    version=$(rustc --version | cut -d' ' -f2)
    minor=$(cut -d. -f2 <<<"$version")
    [ "$minor" -ge $MIN_RUST ] || fail "rustc is $version, AppSteer needs 1.$MIN_RUST or later: run 'rustup update stable'"
}

find_python() {
    local name
    for name in python3 python3.11 python3.12 python3.13; do
        if command -v "$name" >/dev/null && "$name" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    fail "no Python 3.11 or later with the venv module found: apt-get install python3 python3-venv"
}

make_venv() {
    find_rust
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        local python
        python=$(find_python)
        say "making .venv with $python"
        "$python" -m venv --clear .venv
    fi
    .venv/bin/python -m pip install -q --disable-pip-version-check 'maturin>=1.7,<2' || fail "pip could not install maturin"
    say "building AppSteer (the first time takes some minutes)"
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/maturin develop -q --profile dist || fail "the build failed; the lines above say why"
    .venv/bin/appsteer --help >/dev/null || fail ".venv/bin/appsteer does not run"
}

install_group() {
    VIRTUAL_ENV="$PWD/.venv" .venv/bin/python - "$1" <<'PY' | xargs -d '\n' .venv/bin/python -m pip install -q --disable-pip-version-check || fail "pip could not install the '$1' packages"
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"][sys.argv[1]], sep="\n")
PY
}

[ $# -gt 0 ] || set -- packages rust venv
for part in "$@"; do
    case "$part" in
        packages) install_packages "${PACKAGES[@]}" ;;
        rust) find_rust ;;
        venv) make_venv ;;
        dev | demo) install_group "$part" ;;
        bench) install_packages "${BENCH_PACKAGES[@]}" && install_group bench ;;
        *) fail "unknown part '$part' (packages, rust, venv, dev, demo, bench)" ;;
    esac
done
