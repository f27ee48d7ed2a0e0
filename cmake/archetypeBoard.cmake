# SPDX-License-Identifier: BSL-1.0
# archetype::board: what a firmware needs besides its network. Start, linker script, text out and a counter of instructions
# for the boards of the toolchain files; on the machine that builds, a program of its operating system, so that the same
# sources run there. Link it to programs, not to libraries: it brings sources.
#
# Sets ARCHETYPE_BOARD_FOUND, or ARCHETYPE_BOARD_MISSING (a sentence for the user).
macro(archetype_define_board board folder)
    set(ARCHETYPE_BOARD_FOUND TRUE)
    set(ARCHETYPE_BOARD_MISSING "")
    if(NOT CMAKE_CROSSCOMPILING)
        target_sources(${board} INTERFACE ${folder}/report.cpp ${folder}/hosted.cpp)
    elseif(ARCHETYPE_BOARD)
        target_sources(${board} INTERFACE ${folder}/report.cpp ${folder}/${ARCHETYPE_BOARD}.cpp)
        target_compile_definitions(${board} INTERFACE ${ARCHETYPE_BOARD_DEFINITIONS})
        target_compile_options(${board} INTERFACE -ffreestanding -ffunction-sections -fdata-sections
            $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions> $<$<COMPILE_LANGUAGE:CXX>:-fno-rtti>
            $<$<COMPILE_LANGUAGE:CXX>:-fno-threadsafe-statics> -fno-unwind-tables -fno-asynchronous-unwind-tables)
        target_link_options(${board} INTERFACE ${ARCHETYPE_BOARD_LINK} -Wl,--gc-sections -Wl,--no-warn-rwx-segments
            -T ${folder}/${ARCHETYPE_BOARD}.ld)
        set_property(TARGET ${board} PROPERTY INTERFACE_LINK_DEPENDS ${folder}/${ARCHETYPE_BOARD}.ld)
    else()
        set(ARCHETYPE_BOARD_FOUND FALSE)
        set(ARCHETYPE_BOARD_MISSING "archetype::board is for the toolchain files of this package (arm-none-eabi.cmake, \
riscv64.cmake) and for the machine that builds; another toolchain file may set ARCHETYPE_BOARD and ARCHETYPE_BOARD_LINK")
    endif()
    target_include_directories(${board} INTERFACE ${folder})
endmacro()
