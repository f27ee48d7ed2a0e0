# SPDX-License-Identifier: BSL-1.0
# Toolchain file for 64-bit RISC-V without an operating system, by GNU's compiler (Debian: g++-riscv64-linux-gnu; what it
# knows of Linux is not used), and QEMU's machine `virt` to run programs on (Debian: qemu-system-misc).
#
#     cmake -S . -B build --toolchain <prefix>/share/cmake/archetype/toolchains/riscv64.cmake
#         -D archetype_DIR=<prefix>/share/cmake/archetype
set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(ARCHETYPE_TOOLCHAIN riscv64-linux-gnu CACHE STRING "What the names of the compilers begin with")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES ARCHETYPE_TOOLCHAIN)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)  # programs need a board

# Part of the compiler's command, so that CMAKE_CXX_FLAGS on the command line does not replace them.
set(archetype_flags -march=rv64gc -mabi=lp64d -mcmodel=medany -fno-pie -fno-stack-protector)
set(CMAKE_C_COMPILER ${ARCHETYPE_TOOLCHAIN}-gcc ${archetype_flags})
set(CMAKE_CXX_COMPILER ${ARCHETYPE_TOOLCHAIN}-g++ ${archetype_flags})
set(CMAKE_ASM_COMPILER ${ARCHETYPE_TOOLCHAIN}-gcc ${archetype_flags})

set(ARCHETYPE_BOARD riscv64)
set(ARCHETYPE_BOARD_DEFINITIONS "")
set(ARCHETYPE_BOARD_LINK -static -no-pie -nostdlib -nostartfiles -Wl,--build-id=none)
set(CMAKE_CXX_STANDARD_LIBRARIES "-lgcc")

# Programs of the build machine; libraries and headers of the target alone.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)

find_program(ARCHETYPE_EMULATOR qemu-system-riscv64)
mark_as_advanced(ARCHETYPE_EMULATOR)
if(ARCHETYPE_EMULATOR)  # tests of the project that is built run in it; `shift=0`: an instruction takes 1 ns
    set(CMAKE_CROSSCOMPILING_EMULATOR ${ARCHETYPE_EMULATOR} -M virt -bios none -nographic -monitor none -serial stdio
        -icount shift=0,sleep=off -kernel)
endif()
