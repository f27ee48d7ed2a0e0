# SPDX-License-Identifier: BSL-1.0
# Sourced by the other scripts: `install_packages name...` installs what is missing, as root or through sudo.
install_packages() {
    local missing=() package
    for package in "$@"; do
        [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return
    echo "Installing: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || { echo "These packages are needed and neither root nor sudo is here." >&2; return 1; }
        as_root=(sudo)
    fi
    # A list of packages from yesterday is good enough, unless something in it is gone.
    local install=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}")
    "${install[@]}" >/dev/null 2>&1 || { "${as_root[@]}" apt-get update -qq && "${install[@]}" >/dev/null; }
}
heading() { printf '\n== %s ==\n' "$*"; }
