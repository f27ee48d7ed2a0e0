# SPDX-License-Identifier: BSL-1.0
# archetype_add_dispatched(target SOURCES net.cpp ... [LEVELS x86-64 x86-64-v3 ...] [LIBRARIES ...] [FLAGS ...])
#
# A static library whose sources are compiled for several processors; at start the program takes the best that the processor
# has. Every function with external linkage that the sources define is called as if it stood there once:
#
#     archetype_add_dispatched(net SOURCES net.cpp)      # defines `int classify(const float*)`
#     target_link_libraries(program PRIVATE net)         # calls it
#
# `const char* net_instruction_set()` (extern "C") says which level was taken.
# LEVELS: of x86-64 "x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4" (default: all but v2), of AArch64 "armv8-a" and
# "armv8.2-a+dotprod" (default: both); the first one must be what every processor of the program has.
# LIBRARIES: linked to the sources, archetype::archetype always. FLAGS: options of the compiler for all levels.
#
# Nothing of one level is shared with another one or with the rest of the program, functions of the standard library
# included: all names but those of the sources' own functions are made local (ld -r, objcopy). Therefore the sources may
# define no variable with external linkage, and none that is initialized before main. ELF with GNU's or LLVM's tools.
function(archetype_add_dispatched target)
    cmake_parse_arguments(PARSE_ARGV 1 dispatched "" "" "SOURCES;LEVELS;LIBRARIES;FLAGS")
    if(dispatched_UNPARSED_ARGUMENTS)
        message(FATAL_ERROR "archetype_add_dispatched: unknown argument \"${dispatched_UNPARSED_ARGUMENTS}\"; "
            "there are SOURCES, LEVELS, LIBRARIES and FLAGS")
    endif()
    if(NOT dispatched_SOURCES)
        message(FATAL_ERROR "archetype_add_dispatched(${target}): SOURCES is missing")
    endif()
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|amd64)$")
        set(known x86-64 x86-64-v2 x86-64-v3 x86-64-v4)
        set(usual x86-64 x86-64-v3 x86-64-v4)
    elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
        set(known armv8-a armv8.2-a+dotprod)
        set(usual ${known})
    else()
        message(FATAL_ERROR "archetype_add_dispatched: expected a processor x86_64 or aarch64, found \"${CMAKE_SYSTEM_PROCESSOR}\"")
    endif()
    if(NOT CMAKE_EXECUTABLE_FORMAT STREQUAL "ELF")
        message(FATAL_ERROR "archetype_add_dispatched: expected programs in ELF, found \"${CMAKE_EXECUTABLE_FORMAT}\"")
    endif()
    if(NOT dispatched_LEVELS)
        set(dispatched_LEVELS ${usual})
    endif()
    set(last -1)
    foreach(level IN LISTS dispatched_LEVELS)
        list(FIND known "${level}" place)
        if(place LESS 0)
            message(FATAL_ERROR "archetype_add_dispatched(${target}): expected a level of ${known}, found \"${level}\"")
        elseif(NOT place GREATER last)
            message(FATAL_ERROR "archetype_add_dispatched(${target}): levels go from the least to the best, found ${dispatched_LEVELS}")
        endif()
        set(last ${place})
    endforeach()

    set(folder ${CMAKE_CURRENT_BINARY_DIR}/${target}.dispatched)
    set(script ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/archetypeLocalize.cmake)
    set(compiled "")
    set(lists "")
    foreach(level IN LISTS dispatched_LEVELS)
        string(MAKE_C_IDENTIFIER "${level}" suffix)
        set(objects ${target}_${suffix})
        add_library(${objects} OBJECT ${dispatched_SOURCES})
        target_link_libraries(${objects} PRIVATE archetype::archetype ${dispatched_LIBRARIES})
        # objcopy cannot make unique names local.
        target_compile_options(${objects} PRIVATE ${dispatched_FLAGS} -march=${level} -fno-lto
            $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
        # Names of the level's own stay in its object.
        set_target_properties(${objects} PROPERTIES POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF
            CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
        add_custom_command(OUTPUT ${folder}/${suffix}.o ${folder}/${suffix}.txt
            COMMAND ${CMAKE_COMMAND} -D target=${target} -D level=${level} -D suffix=${suffix} -D folder=${folder}
                -D "objects=$<TARGET_OBJECTS:${objects}>" -D linker=${CMAKE_LINKER} -D objcopy=${CMAKE_OBJCOPY}
                -D nm=${CMAKE_NM} -D objdump=${CMAKE_OBJDUMP} -P ${script}
            DEPENDS $<TARGET_OBJECTS:${objects}> ${script}
            VERBATIM
            COMMENT "Sources of ${target} for ${level}")
        list(APPEND compiled ${folder}/${suffix}.o)
        list(APPEND lists ${folder}/${suffix}.txt)
    endforeach()
    add_custom_command(OUTPUT ${folder}/dispatch.cpp
        COMMAND ${CMAKE_COMMAND} -D target=${target} -D "levels=${dispatched_LEVELS}" -D folder=${folder}
            -P ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/archetypeDispatch.cmake
        DEPENDS ${lists} ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/archetypeDispatch.cmake
        VERBATIM COMMENT "Which sources of ${target} for which processor")
    set_source_files_properties(${compiled} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)
    add_library(${target} STATIC ${folder}/dispatch.cpp ${compiled})
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON INTERPROCEDURAL_OPTIMIZATION OFF)
    target_compile_features(${target} PUBLIC cxx_std_20)
endfunction()
