#!/usr/bin/env bash
# SPDX-License-Identifier: BSL-1.0
# CMake 3.25.1 and xtensor 0.24.3 (Debian 12): after find_dependency(xtensor) in a package's configuration file, every
# @PACKAGE_...@ path that follows points below /usr, whatever prefix the package was installed to, without a message.
# Such paths are written as ${PACKAGE_PREFIX_DIR}/..., and the configuration file of the dependency, made by the same
# CMake function, sets that variable to its own prefix in the same scope.
# Guessed: paths are constants of the file, or scoped to it. Seen, for a package installed to a folder of its own:
#   before: PREFIX/share/mine
#   after: /usr/share/mine
# A package must take all its paths before it looks for its first dependency. Fails if this changes.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for pinned in cmake=3.25.1-1 libxtensor-dev=0.24.3-1; do
    [ "$(dpkg-query -W -f '${Version}' "${pinned%%=*}" 2>/dev/null)" = "${pinned##*=}" ] ||
        apt-get install -y -qq --no-install-recommends "$pinned" >/dev/null
done
cd "$folder"
mkdir library user
cat >library/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(mine VERSION 1.0 LANGUAGES NONE)
include(CMakePackageConfigHelpers)
set(data_folder share/mine)
configure_package_config_file(mineConfig.cmake.in mineConfig.cmake INSTALL_DESTINATION lib/cmake/mine PATH_VARS data_folder)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/mineConfig.cmake DESTINATION lib/cmake/mine)
CMAKE
cat >library/mineConfig.cmake.in <<'CMAKE'
@PACKAGE_INIT@
message(STATUS "before: @PACKAGE_data_folder@")
include(CMakeFindDependencyMacro)
find_dependency(xtensor)
message(STATUS "after: @PACKAGE_data_folder@")
CMAKE
cat >user/CMakeLists.txt <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(user LANGUAGES CXX)
find_package(mine REQUIRED)
CMAKE
cmake -S library -B made -D CMAKE_INSTALL_PREFIX="$folder/prefix" >/dev/null
cmake --install made >/dev/null
seen=$(cmake -S user -B used -D CMAKE_PREFIX_PATH="$folder/prefix" | grep -oE "(before|after): .*" | sed "s|$folder/prefix|PREFIX|")
printf '%s\n' "$seen"
[ "$seen" = "before: PREFIX/share/mine
after: /usr/share/mine" ]
