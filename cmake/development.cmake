# SPDX-License-Identifier: BSL-1.0
# What only this project's own programs use: build type, warnings, processor, compiler cache.
if(ARCHETYPE_CORE_MISSING)
    message(FATAL_ERROR "archetype: ${ARCHETYPE_CORE_MISSING}")
endif()
if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

set(ARCHETYPE_SANITIZE "" CACHE STRING "Sanitizers for tests and examples, for example address,undefined")

find_program(ARCHETYPE_CCACHE ccache)
if(ARCHETYPE_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # The sloppiness is what ccache asks for with precompiled headers.
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
        CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${ARCHETYPE_CCACHE})
endif()

add_library(archetype_development INTERFACE)
target_compile_options(archetype_development INTERFACE -Wall -Wextra -Wpedantic -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # False with g++ 12: from its own AVX-512 intrinsics once they are inlined into kernels, and from std::string's
    # operator+ (GCC bug 105651).
    target_compile_options(archetype_development INTERFACE
        -Wno-maybe-uninitialized -Wno-uninitialized -Wno-stringop-overflow -Wno-restrict -Wno-array-bounds)
endif()
if(ARCHETYPE_NATIVE)
    target_compile_options(archetype_development INTERFACE -march=native)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
        # clang++ 19 warns of its own choice where the processor has AVX10.
        target_compile_options(archetype_development INTERFACE
            -Wno-unknown-warning-option -Wno-invalid-feature-combination)
    endif()
endif()
if(ARCHETYPE_SANITIZE)
    target_compile_options(archetype_development INTERFACE
        -fsanitize=${ARCHETYPE_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    target_link_options(archetype_development INTERFACE -fsanitize=${ARCHETYPE_SANITIZE})
endif()
