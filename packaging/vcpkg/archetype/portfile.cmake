# SPDX-License-Identifier: BSL-1.0
# An overlay port: vcpkg install archetype --overlay-ports=packaging/vcpkg from the project's folder.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
vcpkg_cmake_configure(
    SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS
        -DARCHETYPE_BUILD_TESTS=OFF
        -DARCHETYPE_BUILD_EXAMPLES=OFF
        -DARCHETYPE_BUILD_BENCHMARKS=OFF
        -DARCHETYPE_BUILD_PROGRAM=OFF)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(PACKAGE_NAME archetype CONFIG_PATH share/cmake/archetype)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
