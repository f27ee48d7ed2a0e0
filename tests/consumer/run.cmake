# SPDX-License-Identifier: BSL-1.0
# Configures, builds and runs a consumer project in an empty directory; for find_package, installs archetype first.
# cmake -D consumer=... -D source=... -D directory=... -D compiler=... -D generator=... -P run.cmake
file(REMOVE_RECURSE ${directory})
set(common -G ${generator} -D CMAKE_CXX_COMPILER=${compiler} -D CMAKE_BUILD_TYPE=Release)
function(run)
    execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

set(arguments -D ARCHETYPE_SOURCE=${source})
if(consumer STREQUAL "find_package")
    run(${CMAKE_COMMAND} ${common} -S ${source} -B ${directory}/archetype -D CMAKE_INSTALL_PREFIX=${directory}/prefix
        -D ARCHETYPE_BUILD_TESTS=OFF -D ARCHETYPE_BUILD_EXAMPLES=OFF -D ARCHETYPE_BUILD_BENCHMARKS=OFF)
    run(${CMAKE_COMMAND} --install ${directory}/archetype)
    # The installed package is moved, and must not look back at where it was built.
    file(REMOVE_RECURSE ${directory}/archetype)
    file(RENAME ${directory}/prefix ${directory}/moved)
    set(arguments -D CMAKE_PREFIX_PATH=${directory}/moved)
endif()
run(${CMAKE_COMMAND} ${common} -S ${source}/tests/consumer/${consumer} -B ${directory}/build ${arguments})
run(${CMAKE_COMMAND} --build ${directory}/build)
run(${directory}/build/consumer)
run(${directory}/build/host_consumer)
