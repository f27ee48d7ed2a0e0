// SPDX-License-Identifier: BSL-1.0
/// @file instruction_set.hpp
/// What the compiler was told about the processor and its arithmetic, as a name: `ARCHETYPE_INSTRUCTION_SET`.
///
/// Whatever becomes machine code lies in an inline namespace of that name, so that two files of one program that were
/// compiled for other processors (`-march`), with and without `ARCHETYPE_SCALAR`, `-ffast-math` or exceptions, share no
/// function: the linker would keep one of two bodies, and a processor may not have its instructions. Nothing changes for
/// who writes `archetype::dense<10>` or specializes a template of the library.
///
/// The name is the level of the x86-64 psABI (or the processor's family) and a letter for each extension beyond it; a
/// function that takes a `model` or `inference` has it in its own name too, and does not link to another one.
#pragma once

/// Forces inlining: clang leaves chains of small functions on vectors as calls otherwise. What is inlined everywhere is
/// shared by no two files either.
#define ARCHETYPE_INLINE [[gnu::always_inline]] inline

#define ARCHETYPE_PASTE_NOW(a, b, c, d, e, f, g, h) a##b##c##d##e##f##g##h
#define ARCHETYPE_PASTE(a, b, c, d, e, f, g, h) ARCHETYPE_PASTE_NOW(a, b, c, d, e, f, g, h)

/// `letter` where the compiler predefines `macro` as 1, nothing elsewhere.
#define ARCHETYPE_LETTER(macro, letter) ARCHETYPE_LETTER_OF(macro, letter)
#define ARCHETYPE_LETTER_OF(value, letter) ARCHETYPE_LETTER_IF(ARCHETYPE_IS_##value, letter)
#define ARCHETYPE_LETTER_IF(comma, letter) ARCHETYPE_SECOND(comma letter, , )
#define ARCHETYPE_IS_1 ,
#define ARCHETYPE_SECOND(first, second, ...) second

/// 1 where vectors are xsimd's: it is installed and has a backend for the target.
#if !defined(ARCHETYPE_SCALAR) && !defined(__wasm__) && __STDC_HOSTED__ && \
    (defined(__SSE2__) || defined(__aarch64__)) && __has_include(<xsimd/xsimd.hpp>)
#define ARCHETYPE_HAS_XSIMD 1
#define ARCHETYPE_NAME_OF_LANES
#else
#define ARCHETYPE_HAS_XSIMD 0
#define ARCHETYPE_NAME_OF_LANES _scalar
#endif

/// 1 where comparisons may assume that there is no NaN and no infinity.
#if defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__
#define ARCHETYPE_FINITE_MATH 1
#define ARCHETYPE_NAME_OF_NUMBERS _finite
#else
#define ARCHETYPE_FINITE_MATH 0
#define ARCHETYPE_NAME_OF_NUMBERS
#endif

/// 1 where sums and products may be rewritten, or keep more digits than their type has.
#if defined(__FAST_MATH__) || defined(__ASSOCIATIVE_MATH__) || defined(__RECIPROCAL_MATH__) || \
    ARCHETYPE_FINITE_MATH ||                                                                   \
    (defined(__FLT_EVAL_METHOD__) && __FLT_EVAL_METHOD__ != 0 && __FLT_EVAL_METHOD__ != 16) || \
    (defined(__i386__) && !defined(__SSE2_MATH__))
#define ARCHETYPE_INEXACT_MATH 1
#define ARCHETYPE_NAME_OF_ROUNDING _inexact
#else
#define ARCHETYPE_INEXACT_MATH 0
#define ARCHETYPE_NAME_OF_ROUNDING
#endif

#if defined(__cpp_exceptions)
#define ARCHETYPE_NAME_OF_ERRORS
#else
#define ARCHETYPE_NAME_OF_ERRORS _no_exceptions
#endif

// A processor's name is its family and three groups of letters; what a level of the psABI holds has none.
#if defined(__x86_64__) || defined(__i386__)

#if defined(__x86_64__)
#define ARCHETYPE_FAMILY x86_64
#elif defined(__SSE2_MATH__)
#define ARCHETYPE_FAMILY x86_32
#else
#define ARCHETYPE_FAMILY x86_32_x87
#endif

#if defined(__AVX2__) && defined(__BMI__) && defined(__BMI2__) && defined(__F16C__) && defined(__FMA__) && \
    defined(__LZCNT__) && defined(__MOVBE__) && defined(__POPCNT__)
#if defined(__AVX512F__) && defined(__AVX512BW__) && defined(__AVX512CD__) && defined(__AVX512DQ__) && \
    defined(__AVX512VL__)
#define ARCHETYPE_LEVEL _v4
#else
#define ARCHETYPE_LEVEL                                                                       \
    ARCHETYPE_PASTE(_v3, ARCHETYPE_LETTER(__AVX512F__, z), ARCHETYPE_LETTER(__AVX512BW__, w), \
                    ARCHETYPE_LETTER(__AVX512CD__, c), ARCHETYPE_LETTER(__AVX512DQ__, d),     \
                    ARCHETYPE_LETTER(__AVX512VL__, y), , )
#endif
#else
#if defined(__SSE4_2__) && defined(__POPCNT__)
#define ARCHETYPE_VECTORS _v2
#else
#define ARCHETYPE_VECTORS                                                             \
    ARCHETYPE_PASTE(_, ARCHETYPE_LETTER(__SSE__, 1), ARCHETYPE_LETTER(__SSE2__, 2),   \
                    ARCHETYPE_LETTER(__SSE3__, 3), ARCHETYPE_LETTER(__SSSE3__, s),    \
                    ARCHETYPE_LETTER(__SSE4_1__, 4), ARCHETYPE_LETTER(__SSE4_2__, 5), \
                    ARCHETYPE_LETTER(__POPCNT__, p))
#endif
#define ARCHETYPE_WIDE_VECTORS                                                            \
    ARCHETYPE_PASTE(ARCHETYPE_LETTER(__AVX__, a), ARCHETYPE_LETTER(__AVX2__, A),          \
                    ARCHETYPE_LETTER(__AVX512F__, z), ARCHETYPE_LETTER(__AVX512BW__, w),  \
                    ARCHETYPE_LETTER(__AVX512CD__, c), ARCHETYPE_LETTER(__AVX512DQ__, d), \
                    ARCHETYPE_LETTER(__AVX512VL__, y), )
#define ARCHETYPE_LEVEL                                                                      \
    ARCHETYPE_PASTE(ARCHETYPE_VECTORS, ARCHETYPE_WIDE_VECTORS, ARCHETYPE_LETTER(__BMI__, b), \
                    ARCHETYPE_LETTER(__BMI2__, B), ARCHETYPE_LETTER(__F16C__, h),            \
                    ARCHETYPE_LETTER(__FMA__, f), ARCHETYPE_LETTER(__LZCNT__, l),            \
                    ARCHETYPE_LETTER(__MOVBE__, m))
#endif

#define ARCHETYPE_EXTENSIONS                                                                         \
    ARCHETYPE_PASTE(ARCHETYPE_LETTER(__AVX512VNNI__, n), ARCHETYPE_LETTER(__AVX512IFMA__, i),        \
                    ARCHETYPE_LETTER(__AVX512VBMI__, v), ARCHETYPE_LETTER(__AVX512VBMI2__, V),       \
                    ARCHETYPE_LETTER(__AVX512BITALG__, g), ARCHETYPE_LETTER(__AVX512VPOPCNTDQ__, q), \
                    ARCHETYPE_LETTER(__AVX512BF16__, r), ARCHETYPE_LETTER(__AVX512FP16__, R))
#define ARCHETYPE_MORE_EXTENSIONS                                                    \
    ARCHETYPE_PASTE(ARCHETYPE_LETTER(__AVXVNNI__, N), ARCHETYPE_LETTER(__GFNI__, G), \
                    ARCHETYPE_LETTER(__SSE4A__, S), ARCHETYPE_LETTER(__FMA4__, t),   \
                    ARCHETYPE_LETTER(__XOP__, x), ARCHETYPE_LETTER(__TBM__, T),      \
                    ARCHETYPE_LETTER(__PRFCHW__, P), ARCHETYPE_LETTER(__APX_F__, X))

#elif defined(__aarch64__)

#define ARCHETYPE_FAMILY aarch64
#define ARCHETYPE_LEVEL
#define ARCHETYPE_EXTENSIONS                                                                                 \
    ARCHETYPE_PASTE(_, ARCHETYPE_LETTER(__ARM_FEATURE_ATOMICS, a), ARCHETYPE_LETTER(__ARM_FEATURE_CRC32, c), \
                    ARCHETYPE_LETTER(__ARM_FEATURE_DOTPROD, d),                                              \
                    ARCHETYPE_LETTER(__ARM_FEATURE_FP16_VECTOR_ARITHMETIC, h),                               \
                    ARCHETYPE_LETTER(__ARM_FEATURE_FRINT, r), ARCHETYPE_LETTER(__ARM_FEATURE_JCVT, j),       \
                    ARCHETYPE_LETTER(__ARM_FEATURE_QRDMX, q))
#define ARCHETYPE_MORE_EXTENSIONS                                                                            \
    ARCHETYPE_PASTE(ARCHETYPE_LETTER(__ARM_FEATURE_BF16_VECTOR_ARITHMETIC, b),                               \
                    ARCHETYPE_LETTER(__ARM_FEATURE_MATMUL_INT8, i),                                          \
                    ARCHETYPE_LETTER(__ARM_FEATURE_COMPLEX, x), ARCHETYPE_LETTER(__ARM_FEATURE_FP16_FML, m), \
                    ARCHETYPE_LETTER(__ARM_FEATURE_SVE, s), ARCHETYPE_LETTER(__ARM_FEATURE_SVE2, S),         \
                    ARCHETYPE_LETTER(__ARM_FEATURE_SME, t), )

#elif defined(__arm__)

#define ARCHETYPE_FAMILY arm
#define ARCHETYPE_LEVEL ARCHETYPE_PASTE(__ARM_ARCH, _, ARCHETYPE_FLOATS, _, ARCHETYPE_MVE, , , )
#if defined(__ARM_FP)
#define ARCHETYPE_FLOATS __ARM_FP
#else
#define ARCHETYPE_FLOATS soft
#endif
#if defined(__ARM_FEATURE_MVE)
#define ARCHETYPE_MVE ARCHETYPE_PASTE(mve, __ARM_FEATURE_MVE, , , , , , )
#else
#define ARCHETYPE_MVE
#endif
#define ARCHETYPE_EXTENSIONS                                                                              \
    ARCHETYPE_PASTE(ARCHETYPE_LETTER(__ARM_FEATURE_DSP, d), ARCHETYPE_LETTER(__ARM_FEATURE_FMA, f),       \
                    ARCHETYPE_LETTER(__ARM_FEATURE_IDIV, i), ARCHETYPE_LETTER(__ARM_NEON, n),             \
                    ARCHETYPE_LETTER(__ARM_FEATURE_CLZ, c), ARCHETYPE_LETTER(__ARM_FEATURE_UNALIGNED, u), \
                    ARCHETYPE_LETTER(__thumb__, t), ARCHETYPE_LETTER(__thumb2__, T))
#define ARCHETYPE_MORE_EXTENSIONS

#elif defined(__riscv)

#define ARCHETYPE_FAMILY riscv
#define ARCHETYPE_LEVEL __riscv_xlen
#if defined(__riscv_flen)
#define ARCHETYPE_FLOATS ARCHETYPE_PASTE(f, __riscv_flen, , , , , , )
#else
#define ARCHETYPE_FLOATS
#endif
#if defined(__riscv_v) || defined(__riscv_vector)
#define ARCHETYPE_RISCV_VECTORS v
#else
#define ARCHETYPE_RISCV_VECTORS
#endif
#define ARCHETYPE_EXTENSIONS                                                                                 \
    ARCHETYPE_PASTE(ARCHETYPE_FLOATS, ARCHETYPE_LETTER(__riscv_mul, m), ARCHETYPE_LETTER(__riscv_atomic, a), \
                    ARCHETYPE_LETTER(__riscv_compressed, c), ARCHETYPE_LETTER(__riscv_32e, e),               \
                    ARCHETYPE_RISCV_VECTORS, , )
#define ARCHETYPE_MORE_EXTENSIONS

#elif defined(__wasm__)

#define ARCHETYPE_FAMILY wasm
#define ARCHETYPE_LEVEL
#define ARCHETYPE_EXTENSIONS                                                                              \
    ARCHETYPE_PASTE(_, ARCHETYPE_LETTER(__wasm_simd128__, s), ARCHETYPE_LETTER(__wasm_relaxed_simd__, r), \
                    ARCHETYPE_LETTER(__wasm_bulk_memory__, b), ARCHETYPE_LETTER(__wasm_sign_ext__, e),    \
                    ARCHETYPE_LETTER(__wasm_nontrapping_fptoint__, f),                                    \
                    ARCHETYPE_LETTER(__wasm_atomics__, a), )
#define ARCHETYPE_MORE_EXTENSIONS

#else

#define ARCHETYPE_FAMILY other
#define ARCHETYPE_LEVEL
#define ARCHETYPE_EXTENSIONS
#define ARCHETYPE_MORE_EXTENSIONS

#endif

/// The name, as `x86_64_v3`, `x86_64_v4nivVgqrGP_inexact` or `arm7_4_dficutT_scalar_no_exceptions`.
#define ARCHETYPE_INSTRUCTION_SET                                                                       \
    ARCHETYPE_PASTE(ARCHETYPE_FAMILY, ARCHETYPE_LEVEL, ARCHETYPE_EXTENSIONS, ARCHETYPE_MORE_EXTENSIONS, \
                    ARCHETYPE_NAME_OF_LANES, ARCHETYPE_NAME_OF_NUMBERS, ARCHETYPE_NAME_OF_ROUNDING,     \
                    ARCHETYPE_NAME_OF_ERRORS)
