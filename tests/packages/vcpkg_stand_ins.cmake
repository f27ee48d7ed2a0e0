# SPDX-License-Identifier: BSL-1.0
# Runs a portfile without vcpkg: its functions as far as the port uses them, by CMake alone. A release and a debug build, as vcpkg has.
# cmake -D PORTFILE=... -D CURRENT_PACKAGES_DIR=... -D CURRENT_BUILDTREES_DIR=... -P vcpkg_stand_ins.cmake
cmake_minimum_required(VERSION 3.25)
set(PORT archetype)

function(vcpkg_cmake_configure)
    cmake_parse_arguments(PARSE_ARGV 0 given "" "SOURCE_PATH" "OPTIONS")
    foreach(kind Release Debug)
        set(prefix ${CURRENT_PACKAGES_DIR})
        if(kind STREQUAL "Debug")
            string(APPEND prefix /debug)
        endif()
        execute_process(COMMAND ${CMAKE_COMMAND} -S ${given_SOURCE_PATH} -B ${CURRENT_BUILDTREES_DIR}/${kind}
            -D CMAKE_BUILD_TYPE=${kind} -D CMAKE_INSTALL_PREFIX=${prefix} ${given_OPTIONS} COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
endfunction()

function(vcpkg_cmake_install)
    foreach(kind Release Debug)
        execute_process(COMMAND ${CMAKE_COMMAND} --build ${CURRENT_BUILDTREES_DIR}/${kind} --target install COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
endfunction()

# The package moves to share/NAME, and its files look for their prefix two folders up.
function(vcpkg_cmake_config_fixup)
    cmake_parse_arguments(PARSE_ARGV 0 given "" "PACKAGE_NAME;CONFIG_PATH" "")
    foreach(prefix ${CURRENT_PACKAGES_DIR} ${CURRENT_PACKAGES_DIR}/debug)
        if(NOT EXISTS ${prefix}/${given_CONFIG_PATH})
            message(FATAL_ERROR "${prefix}/${given_CONFIG_PATH} does not exist")
        endif()
        file(COPY ${prefix}/${given_CONFIG_PATH}/ DESTINATION ${prefix}/share/${given_PACKAGE_NAME})
        file(REMOVE_RECURSE ${prefix}/${given_CONFIG_PATH})
    endforeach()
    file(GLOB_RECURSE files ${CURRENT_PACKAGES_DIR}/share/${given_PACKAGE_NAME}/*.cmake)
    foreach(file IN LISTS files)
        file(READ ${file} text)
        string(REGEX REPLACE "(PACKAGE_PREFIX_DIR \"\\\${CMAKE_CURRENT_LIST_DIR}/)[./]*\"" "\\1../../\"" text "${text}")
        file(WRITE ${file} "${text}")
    endforeach()
endfunction()

function(vcpkg_install_copyright)
    cmake_parse_arguments(PARSE_ARGV 0 given "" "" "FILE_LIST")
    file(COPY_FILE ${given_FILE_LIST} ${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright)
endfunction()

include(${PORTFILE})
