# SPDX-License-Identifier: BSL-1.0
# Finds what archetype uses and links it to the two targets. Used by this project's CMakeLists.txt and by
# archetypeConfig.cmake, so that both see the same library in the same way.
#
#   archetype  needs Boost's headers (Mp11, Hana); takes xsimd where it is installed: the headers see that by themselves,
#              and whether xsimd knows the processor
#   host       needs xtensor and RapidJSON; takes zlib, libzip, oneTBB, and xtensor-blas with BLAS and LAPACK where they
#              are installed
#
# Sets ARCHETYPE_HOST_FOUND and ARCHETYPE_HOST_MISSING (a sentence for the user). Without xtensor the host target has
# only what the core has. Sets ARCHETYPE_STATISTICS_FOUND and ARCHETYPE_STATISTICS_MISSING: whether archetype/statistics
# can be used, and what it lacks.
#
# A cross compiler takes Boost and xsimd, which are headers for any processor, from its own root, else from the machine that
# builds: toolchain files seldom let packages or headers be found there. A folder that has a C library beside them, such as
# /usr/include, would break the compiler, so that links to the two are made in the build folder.

# Finds the folder of `header` for a cross compiler: `result`, or an empty text.
function(archetype_find_headers result library header)
    string(TOUPPER ${library} upper)
    set(variable ARCHETYPE_${upper}_INCLUDE)
    set(hints ${${library}_ROOT} ${${upper}_ROOT} ${${library}_INCLUDE_DIR} ${${upper}_INCLUDEDIR} $ENV{${upper}_ROOT})
    find_path(${variable} ${header} HINTS ${hints} PATH_SUFFIXES include)
    find_path(${variable} ${header} HINTS ${hints} PATHS ${CMAKE_PREFIX_PATH} /usr/local /usr /opt/homebrew /opt/local
        PATH_SUFFIXES include NO_CMAKE_FIND_ROOT_PATH)
    mark_as_advanced(${variable})
    set(folder ${${variable}})
    if(folder AND EXISTS ${folder}/stdlib.h)
        set(alone ${CMAKE_BINARY_DIR}/archetype_headers)
        if(NOT EXISTS ${alone}/${library})
            file(MAKE_DIRECTORY ${alone})
            file(CREATE_LINK ${folder}/${library} ${alone}/${library} RESULT failure SYMBOLIC)
            if(failure)  # file systems without links
                file(COPY ${folder}/${library} DESTINATION ${alone})
            endif()
        endif()
        set(folder ${alone})
    endif()
    if(NOT folder)
        set(folder "")
    endif()
    set(${result} "${folder}" PARENT_SCOPE)
endfunction()

macro(archetype_link_core core)
    if(CMAKE_CROSSCOMPILING)
        archetype_find_headers(archetype_boost boost boost/mp11.hpp)
        if(archetype_boost)
            file(STRINGS ${archetype_boost}/boost/version.hpp archetype_version REGEX "define BOOST_VERSION ")
            string(REGEX MATCH "[0-9]+" archetype_version "${archetype_version}")
            if(archetype_version GREATER_EQUAL 107400)
                target_include_directories(${core} SYSTEM INTERFACE $<BUILD_INTERFACE:${archetype_boost}>)
            else()
                set(archetype_boost "")
            endif()
        endif()
        archetype_find_headers(archetype_xsimd xsimd xsimd/xsimd.hpp)
        if(archetype_xsimd)
            target_include_directories(${core} SYSTEM INTERFACE $<BUILD_INTERFACE:${archetype_xsimd}>)
        endif()
    else()
        find_package(Boost 1.74)
        set(archetype_boost ${Boost_FOUND})
        if(Boost_FOUND)
            target_link_libraries(${core} INTERFACE Boost::headers)
        endif()
        find_package(xsimd QUIET)
        set(archetype_xsimd ${xsimd_FOUND})
        if(xsimd_FOUND)
            target_link_libraries(${core} INTERFACE xsimd)
        endif()
    endif()
    if(NOT archetype_boost)
        set(ARCHETYPE_CORE_MISSING "the headers of Boost 1.74 or later were not found (Debian: libboost-dev; elsewhere: \
-D BOOST_ROOT=folder)")
    endif()
    if(NOT archetype_xsimd AND NOT CMAKE_SYSTEM_NAME STREQUAL "Generic")
        message(STATUS "archetype: xsimd not found (Debian: libxsimd-dev), kernels are compiled without vectors")
    endif()
endmacro()

macro(archetype_link_dependencies core host)
    set(ARCHETYPE_STATISTICS_FOUND FALSE)
    archetype_link_core(${core})
    if(CMAKE_SYSTEM_NAME STREQUAL "Generic")
        set(ARCHETYPE_HOST_FOUND FALSE)
        set(ARCHETYPE_HOST_MISSING "archetype::host is for machines with an operating system, the target has none")
        set(ARCHETYPE_STATISTICS_MISSING "${ARCHETYPE_HOST_MISSING}")
    else()
        archetype_link_host(${host})
    endif()
endmacro()

macro(archetype_link_host host)
    set(ARCHETYPE_HOST_FOUND TRUE)
    set(ARCHETYPE_HOST_MISSING "")
    set(ARCHETYPE_STATISTICS_MISSING "")
    find_package(xtensor QUIET)
    if(xtensor_FOUND)
        target_link_libraries(${host} INTERFACE xtensor)
    else()
        set(ARCHETYPE_HOST_FOUND FALSE)
        set(ARCHETYPE_HOST_MISSING "xtensor not found (Debian: libxtensor-dev), training and data need it")
    endif()

    find_package(xtensor-blas QUIET)
    find_package(BLAS QUIET)
    find_package(LAPACK QUIET)
    if(xtensor_FOUND AND xtensor-blas_FOUND AND BLAS_FOUND AND LAPACK_FOUND)
        set(ARCHETYPE_STATISTICS_FOUND TRUE)
        target_link_libraries(${host} INTERFACE xtensor-blas)
        # Programs that do not use them shall not load them: OpenBLAS starts its threads when it is loaded.
        if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
            target_link_libraries(${host} INTERFACE -Wl,--push-state,--as-needed ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES}
                -Wl,--pop-state)
        else()
            target_link_libraries(${host} INTERFACE ${LAPACK_LIBRARIES} ${BLAS_LIBRARIES})
        endif()
    else()
        set(missing "")
        foreach(library IN ITEMS "xtensor libxtensor-dev" "xtensor-blas libxtensor-blas-dev" "BLAS libblas-dev"
                "LAPACK liblapack-dev")
            string(REGEX REPLACE "(.*) (.*)" "\\1" name "${library}")
            if(NOT ${name}_FOUND)
                string(REGEX REPLACE "(.*) (.*)" "\\1 (Debian: \\2)" text "${library}")
                list(APPEND missing "${text}")
            endif()
        endforeach()
        list(JOIN missing ", " missing)
        set(ARCHETYPE_STATISTICS_MISSING "${missing} not found, archetype/statistics needs it")
        message(STATUS "archetype: ${ARCHETYPE_STATISTICS_MISSING}")
    endif()

    find_package(ZLIB QUIET)
    if(ZLIB_FOUND)
        target_link_libraries(${host} INTERFACE ZLIB::ZLIB)
        target_compile_definitions(${host} INTERFACE ARCHETYPE_HAS_ZLIB=1)
    endif()

    # Without libzip's CMake package, which asks for programs that Debian has elsewhere.
    find_path(ARCHETYPE_LIBZIP_INCLUDE zip.h)
    find_library(ARCHETYPE_LIBZIP_LIBRARY zip)
    mark_as_advanced(ARCHETYPE_LIBZIP_INCLUDE ARCHETYPE_LIBZIP_LIBRARY)
    if(ARCHETYPE_LIBZIP_INCLUDE AND ARCHETYPE_LIBZIP_LIBRARY)
        if(CMAKE_SYSTEM_NAME STREQUAL "Linux")  # programs that read no archives shall not load it
            target_link_libraries(${host} INTERFACE -Wl,--push-state,--as-needed ${ARCHETYPE_LIBZIP_LIBRARY} -Wl,--pop-state)
        else()
            target_link_libraries(${host} INTERFACE ${ARCHETYPE_LIBZIP_LIBRARY})
        endif()
        target_compile_definitions(${host} INTERFACE ARCHETYPE_HAS_LIBZIP=1)
    else()
        target_compile_definitions(${host} INTERFACE ARCHETYPE_HAS_LIBZIP=0)
    endif()

    find_path(ARCHETYPE_RAPIDJSON_INCLUDE rapidjson/reader.h)
    mark_as_advanced(ARCHETYPE_RAPIDJSON_INCLUDE)
    if(ARCHETYPE_RAPIDJSON_INCLUDE)
        target_include_directories(${host} SYSTEM INTERFACE $<BUILD_INTERFACE:${ARCHETYPE_RAPIDJSON_INCLUDE}>)
    elseif(ARCHETYPE_HOST_FOUND)
        set(ARCHETYPE_HOST_FOUND FALSE)
        set(ARCHETYPE_HOST_MISSING "RapidJSON not found (Debian: rapidjson-dev), files of models need it")
    endif()

    find_package(Threads QUIET)
    if(Threads_FOUND)
        target_link_libraries(${host} INTERFACE Threads::Threads)
    endif()
    find_package(TBB QUIET)
    if(TBB_FOUND)
        target_link_libraries(${host} INTERFACE TBB::tbb)
        target_compile_definitions(${host} INTERFACE ARCHETYPE_HAS_TBB=1)
    endif()
endmacro()
