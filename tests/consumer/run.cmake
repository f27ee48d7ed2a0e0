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
# Components that are not there are an error that names what is missing.
function(expect_missing component text)
    execute_process(COMMAND ${CMAKE_COMMAND} ${common} -S ${source}/tests/consumer/components
        -B ${directory}/components_${component} ${arguments} -D component=${component} ${ARGN}
        RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
    string(REGEX REPLACE "[ \n]+" " " output "${output}")
    if(code EQUAL 0 OR NOT output MATCHES "${text}")
        message(FATAL_ERROR "component ${component}: expected \"${text}\", found exit code ${code}: ${output}")
    endif()
endfunction()
if(consumer STREQUAL "find_package")
    expect_missing(statistics "statistics: xtensor-blas .Debian: libxtensor-blas-dev., LAPACK .Debian: liblapack-dev. not found"
        -D CMAKE_DISABLE_FIND_PACKAGE_xtensor-blas=ON -D CMAKE_DISABLE_FIND_PACKAGE_LAPACK=ON)
    expect_missing(host "host: xtensor not found" -D CMAKE_DISABLE_FIND_PACKAGE_xtensor=ON)
    expect_missing(statistic "there is no component statistic, only host, statistics, files, distributed and board")
    expect_missing(distributed "distributed: MPI not found" -D CMAKE_DISABLE_FIND_PACKAGE_MPI=ON)
endif()
run(${CMAKE_COMMAND} ${common} -S ${source}/tests/consumer/${consumer} -B ${directory}/build ${arguments})
run(${CMAKE_COMMAND} --build ${directory}/build)
run(${directory}/build/consumer)
run(${directory}/build/host_consumer)

# Of each MPI that is there, as its own launcher starts it. Not optimized: compiling takes longer than running.
function(run_with_mpi mpi printed)
    find_program(${mpi}_compiler mpicxx.${mpi})
    find_program(${mpi}_launcher mpiexec.${mpi})
    if(NOT ${mpi}_compiler OR NOT ${mpi}_launcher)
        message(STATUS "${mpi} not found")
        return()
    endif()
    run(${CMAKE_COMMAND} ${common} -D CMAKE_BUILD_TYPE=Debug -S ${source}/tests/consumer/distributed -B ${directory}/${mpi} ${arguments}
        -D MPI_CXX_COMPILER=${${mpi}_compiler})
    run(${CMAKE_COMMAND} --build ${directory}/${mpi})
    execute_process(COMMAND ${CMAKE_COMMAND} -E env OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
        ${${mpi}_launcher} ${ARGN} -np 2 ${directory}/${mpi}/distributed_consumer RESULT_VARIABLE code OUTPUT_VARIABLE output)
    if(NOT code EQUAL 0 OR NOT output MATCHES "2 ranks of ${printed}.*: learned")
        message(FATAL_ERROR "${mpi}: expected two ranks of ${printed} that learn, found exit code ${code}: ${output}")
    endif()
    message(STATUS "${output}")
endfunction()
if(consumer STREQUAL "find_package")
    run_with_mpi(openmpi "Open MPI" --oversubscribe)
    run_with_mpi(mpich MPICH)
endif()
