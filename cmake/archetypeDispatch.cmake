# SPDX-License-Identifier: BSL-1.0
# Of archetype_add_dispatched: writes ${folder}/dispatch.cpp, where each function of the sources is an indirect one (ifunc) that
# the loader resolves once, before main.
cmake_minimum_required(VERSION 3.25)
list(GET levels 0 least)
string(MAKE_C_IDENTIFIER "${least}" least_suffix)
file(STRINGS ${folder}/${least_suffix}.txt functions)
foreach(level IN LISTS levels)
    string(MAKE_C_IDENTIFIER "${level}" suffix)
    file(STRINGS ${folder}/${suffix}.txt others)
    if(NOT others STREQUAL functions)
        message(FATAL_ERROR "${target}: for ${level} the sources define other functions than for ${least}")
    endif()
endforeach()

set(text "// Made by archetype_add_dispatched.
extern \"C\" {
#if defined(__x86_64__)
#define ARCHETYPE_ASKED void
#else
#define ARCHETYPE_ASKED unsigned long capabilities
#endif
__attribute__((no_sanitize(\"address\", \"undefined\"), no_stack_protector)) static unsigned ${target}_level(ARCHETYPE_ASKED) {
#if defined(__x86_64__)
    __builtin_cpu_init();
")
list(LENGTH levels count)
math(EXPR last "${count} - 1")
foreach(place RANGE ${last} 1 -1)
    list(GET levels ${place} level)
    if(level MATCHES "^x86")
        string(APPEND text "    if (__builtin_cpu_supports(\"${level}\")) return ${place};\n")
    endif()
endforeach()
string(APPEND text "#else\n")
if("armv8.2-a+dotprod" IN_LIST levels)
    # HWCAP_ASIMDRDM, HWCAP_ATOMICS, HWCAP_CRC32 and HWCAP_ASIMDDP: what armv8.2-a+dotprod lets a compiler use.
    string(APPEND text "    constexpr unsigned long all = 1ul << 12 | 1ul << 8 | 1ul << 7 | 1ul << 20;
    if ((capabilities & all) == all) return ${last};\n")
endif()
string(APPEND text "#endif\n    return 0;\n}\n")
set(number 0)
foreach(function IN LISTS functions)
    set(all "")
    foreach(level IN LISTS levels)
        string(MAKE_C_IDENTIFIER "${level}" suffix)
        string(APPEND text "void archetype_${target}_${number}_${suffix}() __asm__(\"${function}.${suffix}\");\n")
        list(APPEND all "archetype_${target}_${number}_${suffix}")
    endforeach()
    list(JOIN all ", " all)
    string(APPEND text "using archetype_${target}_function = void (*)();
__attribute__((no_sanitize(\"address\", \"undefined\"), no_stack_protector, used))
static archetype_${target}_function archetype_${target}_${number}_chosen(ARCHETYPE_ASKED) {
#if defined(__x86_64__)
    const unsigned level = ${target}_level();
#else
    const unsigned level = ${target}_level(capabilities);
#endif
    const archetype_${target}_function all[] = {${all}};
    return all[level];
}
void archetype_${target}_${number}() __asm__(\"${function}\") __attribute__((ifunc(\"archetype_${target}_${number}_chosen\")));\n")
    math(EXPR number "${number} + 1")
endforeach()
list(JOIN levels "\", \"" names)
string(APPEND text "#if !defined(__x86_64__)
unsigned long getauxval(unsigned long);
#endif
const char* ${target}_instruction_set() {
    static const char* const names[] = {\"${names}\"};
#if defined(__x86_64__)
    return names[${target}_level()];
#else
    return names[${target}_level(getauxval(16))];  // AT_HWCAP
#endif
}
}\n")
file(WRITE ${folder}/dispatch.cpp "${text}")
