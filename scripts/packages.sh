# SPDX-License-Identifier: BSL-1.0
# Sourced by the other scripts: `install_packages name...` installs what is missing, as root or through sudo. What an installed
# package says to provide is there: Node.js of its own site brings npm and cannot be installed beside Debian's.
install_packages() {
    local missing=() package there
    there=" $(dpkg-query -W -f '${db:Status-Status} ${Package}, ${Provides},\n' |
        sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr ',\n' '  ' | tr -s ' ') "
    for package in "$@"; do
        [[ "$there" == *" $package "* ]] || missing+=("$package")
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
