/* The only translation unit of the compiled library: other C files of this folder are included here.
   C99 and the attributes of gcc and clang; no C library but what the process has (memset, memcpy). */

#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#if defined(__x86_64__)
#include <cpuid.h>

static int64_t level_of_cpu(void) {
    unsigned a, b, c, d, saved, high;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    if (!(c & bit_OSXSAVE) || !(c & bit_FMA)) return 0;
    __asm__ volatile("xgetbv" : "=a"(saved), "=d"(high) : "c"(0));
    if ((saved & 0x06) != 0x06) return 0; /* the system does not keep ymm registers */
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    if (!(b & (1u << 3)) || !(b & (1u << 5)) || !(b & (1u << 8))) return 0; /* BMI, AVX2, BMI2 */
    if ((saved & 0xe0) != 0xe0) return 1;                                   /* nor zmm registers */
    unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31; /* F, DQ, CD, BW, VL */
    return (b & avx512) == avx512 ? 2 : 1;
}
#else
static int64_t level_of_cpu(void) { return 0; }
#endif

/* What library.py expects: another number wherever an exported function takes or gives other things. */
EXPORT int64_t enet_abi(void) { return 1; }

/* 0 baseline, 1 AVX2 and FMA, 2 AVX-512. Asked once, as cpuid traps in virtual machines; threads may
   race to store the same value. */
EXPORT int64_t enet_level(void) {
    static volatile int64_t known = -1;
    int64_t level = known;
    if (level < 0) known = level = level_of_cpu();
    return level;
}
