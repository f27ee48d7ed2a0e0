# SPDX-License-Identifier: BSL-1.0
# Finds what archetype uses and links it to the two targets. Used by this project's CMakeLists.txt and by
# archetypeConfig.cmake, so that both see the same library in the same way.
#
#   archetype  needs Boost's headers (Mp11, Hana); takes xsimd where it is installed, and is scalar without it
#   host       needs xtensor and RapidJSON; takes zlib, libzip, oneTBB, and xtensor-blas with BLAS and LAPACK where they
#              are installed
#
# Sets ARCHETYPE_HOST_FOUND and ARCHETYPE_HOST_MISSING (a sentence for the user). Without xtensor the host target has
# only what the core has. Sets ARCHETYPE_STATISTICS_FOUND: whether archetype/statistics can be used.
macro(archetype_link_dependencies core host)
    set(ARCHETYPE_HOST_FOUND TRUE)
    set(ARCHETYPE_HOST_MISSING "")

    find_package(Boost 1.74)
    if(Boost_FOUND)
        target_link_libraries(${core} INTERFACE Boost::headers)
    else()
        set(ARCHETYPE_CORE_MISSING "the headers of Boost 1.74 or later were not found (Debian: libboost-dev)")
    endif()

    find_package(xsimd QUIET)
    if(xsimd_FOUND)
        target_link_libraries(${core} INTERFACE xsimd)
    else()
        message(STATUS "archetype: xsimd not found (Debian: libxsimd-dev), kernels are compiled without SIMD")
        target_compile_definitions(${core} INTERFACE ARCHETYPE_SCALAR)
    endif()

    find_package(xtensor QUIET)
    if(xtensor_FOUND)
        target_link_libraries(${host} INTERFACE xtensor)
    else()
        set(ARCHETYPE_HOST_FOUND FALSE)
        set(ARCHETYPE_HOST_MISSING "xtensor not found (Debian: libxtensor-dev), training and data need it")
    endif()

    set(ARCHETYPE_STATISTICS_FOUND FALSE)
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
        message(STATUS "archetype: xtensor-blas, BLAS or LAPACK not found (Debian: libxtensor-blas-dev libblas-dev "
            "liblapack-dev), archetype/statistics needs them")
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
