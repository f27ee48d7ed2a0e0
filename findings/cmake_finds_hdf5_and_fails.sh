#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# CMake 3.25.1 and libhdf5-dev 1.10.8 (Debian 12): find_package(HDF5 QUIET COMPONENTS C) in a project of C++ alone sets HDF5_FOUND to
# TRUE, and the configuration fails all the same. The module compiles a test in C, which the project did not enable; that error
# is not one of the package's, so that neither QUIET nor leaving REQUIRED out keeps it from ending the configuration.
# Guessed: an optional package that cannot be examined is not found, and the configuration goes on. Seen:
#   only C++: found TRUE, exit code 1
#   C and C++: found TRUE, exit code 0
# A project in C++ finds hdf5.h and the library by find_path and find_library. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in cmake=3.25.1-1 libhdf5-dev=1.10.8+repack1-1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned##*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
mkdir user
cat >user/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES ${LANGUAGES})
find_package(HDF5 QUIET COMPONENTS C)
message(STATUS "found ${HDF5_FOUND}")
CMAKE
configure() {
    local code=0
    cmake -S user -B "built for $2" -D "LANGUAGES=$1" >log 2>&1 || code=$?
    printf '%s: %s, exit code %s\n' "$2" "$(grep -oE 'found (TRUE|FALSE|)' log)" "$code"
}
seen=$(configure CXX "only C++"; configure "C;CXX" "C and C++")
printf '%s\n' "$seen"
[ "$seen" = "only C++: found TRUE, exit code 1
C and C++: found TRUE, exit code 0" ]
