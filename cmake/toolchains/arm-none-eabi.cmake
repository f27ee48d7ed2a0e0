# SPDX-License-Identifier: BSL-1.0
# Toolchain file for Cortex-M without an operating system, by GNU's compiler (Debian: gcc-arm-none-eabi,
# libstdc++-arm-none-eabi-newlib), and QEMU's boards to run programs on (Debian: qemu-system-arm).
#
#     cmake -S . -B build --toolchain <prefix>/share/cmake/archetype/toolchains/arm-none-eabi.cmake
#         -D ARCHETYPE_PROCESSOR=cortex-m55 -D archetype_DIR=<prefix>/share/cmake/archetype
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR arm)
set(ARCHETYPE_PROCESSOR cortex-m4 CACHE STRING "cortex-m3, cortex-m4, cortex-m7 or cortex-m55")
set(ARCHETYPE_TOOLCHAIN arm-none-eabi CACHE STRING "What the names of the compilers begin with")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ARCHETYPE_PROCESSOR ARCHETYPE_TOOLCHAIN)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)  # programs need a board

# Processor, QEMU's board of it, bytes of its two memories; what archetype::board is made of.
set(ARCHETYPE_BOARD cortex_m)
set(ARCHETYPE_BOARD_DEFINITIONS "")
set(archetype_memory 4M)
if(ARCHETYPE_PROCESSOR STREQUAL "cortex-m3")
    set(archetype_flags -mcpu=cortex-m3)
    set(archetype_machine mps2-an385)
elseif(ARCHETYPE_PROCESSOR STREQUAL "cortex-m4")
    set(archetype_flags -mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard)
    set(archetype_machine mps2-an386)
elseif(ARCHETYPE_PROCESSOR STREQUAL "cortex-m7")
    set(archetype_flags -mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard)
    set(archetype_machine mps2-an500)
elseif(ARCHETYPE_PROCESSOR STREQUAL "cortex-m55")
    set(archetype_flags -mcpu=cortex-m55 -mfloat-abi=hard)
    set(archetype_machine mps3-an547)
    set(archetype_memory 512K)
    set(ARCHETYPE_BOARD_DEFINITIONS BOARD_AN547)
else()
    message(FATAL_ERROR "ARCHETYPE_PROCESSOR: expected cortex-m3, cortex-m4, cortex-m7 or cortex-m55, found "
        "\"${ARCHETYPE_PROCESSOR}\"")
endif()
set(ARCHETYPE_BOARD_LINK -nostartfiles -specs=nano.specs
    -Wl,--defsym=board_rom=${archetype_memory} -Wl,--defsym=board_ram=${archetype_memory})

# Part of the compiler's command, so that CMAKE_CXX_FLAGS on the command line does not replace them.
set(CMAKE_C_COMPILER ${ARCHETYPE_TOOLCHAIN}-gcc -mthumb ${archetype_flags})
set(CMAKE_CXX_COMPILER ${ARCHETYPE_TOOLCHAIN}-g++ -mthumb ${archetype_flags})
set(CMAKE_ASM_COMPILER ${ARCHETYPE_TOOLCHAIN}-gcc -mthumb ${archetype_flags})

# Programs of the build machine; libraries and headers of the target alone.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

find_program(ARCHETYPE_EMULATOR qemu-system-arm)
mark_as_advanced(ARCHETYPE_EMULATOR)
if(ARCHETYPE_EMULATOR)  # tests of the project that is built run in it; `shift=6`: an instruction takes 64 ns
    set(CMAKE_CROSSCOMPILING_EMULATOR ${ARCHETYPE_EMULATOR} -M ${archetype_machine} -nographic -monitor none
        -serial none -semihosting-config enable=on,target=native -icount shift=6,sleep=off -kernel)
endif()
