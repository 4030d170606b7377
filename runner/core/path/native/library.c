/* The compiled solvers of elastic-net paths. No Python, no LAPACK, no libc, no state between calls.

   Each solver is a file that is included once per instruction set: ON(name) gives its functions the
   set's suffix, FOR_LEVEL the compiler's attribute. The entries at the end take the widest set that
   the machine has. Arrays are checked by the caller (library.py). */

#include <stdint.h>

#include "library.h"

#define DEPENDENT 1e-11    /* share of a column's square that others leave, below which it depends on them */
#define ROUNDING 3.6e-15   /* of yy, to which a gap is known: 16 units in the last place */
#define FURTHEST 4.0       /* steps between strengths for which a line is followed ahead */
#define LARGE 1e300
#define BALANCINGS 5       /* steps of Newton's method for an intercept alone */
#define LONGEST 1.0        /* of these, in units of the linear predictor */
#define INFEASIBLE 1e301   /* the gap of a coefficient beyond its bounds */
#ifndef PAD
#define PAD 0              /* doubles between two vectors of the workspace, which the fuzzer poisons */
#endif

#define JOINED(name, suffix) name##suffix
#define NAMED(name, suffix) JOINED(name, suffix)
#define ON(name) NAMED(name, LEVEL)

#define LEVEL _baseline
#define FOR_LEVEL static
#include "solvers.h"
#undef LEVEL
#undef FOR_LEVEL

#if defined(__x86_64__) && !defined(BASELINE_ONLY)
#define LEVELS 3
#define LEVEL _avx2
#define FOR_LEVEL static __attribute__((target("avx2,fma,bmi,bmi2")))
#include "solvers.h"
#undef LEVEL
#undef FOR_LEVEL
#define LEVEL _avx512
#define FOR_LEVEL \
    static __attribute__((target("avx2,fma,bmi,bmi2,avx512f,avx512dq,avx512vl,avx512bw,avx512cd")))
#include "solvers.h"
#undef LEVEL
#undef FOR_LEVEL

#include <cpuid.h>

static int64_t ask_level(void) {
    unsigned a, b, c, d, low, high;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
    if (!(c & bit_OSXSAVE) || !(c & bit_AVX) || !(c & bit_FMA)) return 0;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    if ((low & 0x06) != 0x06 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
    const unsigned avx2 = 1u << 5 | 1u << 3 | 1u << 8; /* with BMI and BMI2 */
    const unsigned avx512 = 1u << 16 | 1u << 17 | 1u << 28 | 1u << 30 | 1u << 31; /* F DQ CD BW VL */
    if ((b & avx2) != avx2) return 0;
    return (low & 0xe0) == 0xe0 && (b & avx512) == avx512 ? 2 : 1;
}

#define TAKE(solver, problem, level)                      \
    if ((level) == 2) return solver##_avx512(problem);    \
    if ((level) == 1) return solver##_avx2(problem);      \
    return solver##_baseline(problem)
#else
static int64_t ask_level(void) { return 0; }
#define TAKE(solver, problem, level) \
    (void)(level);                   \
    return solver##_baseline(problem)
#endif

#define EXPORT VISIBLE

/* Of this interface; library.py has the same number. */
EXPORT int64_t enet_abi(void) { return 2; }

/* The widest set that this machine has: 0 for what the platform guarantees, 1 for AVX2 with FMA, 2
   for AVX-512. In a virtual machine each question takes microseconds: the caller keeps the answer. */
EXPORT int64_t enet_level(void) { return ask_level(); }

EXPORT int64_t enet_gram_size(void) { return (int64_t)sizeof(enet_gram); }
EXPORT int64_t enet_gram_work(int64_t stride) {
    return stride * stride + GRAM_VECTORS * (stride + PAD) + PAD;
}
EXPORT int64_t enet_row_size(void) { return (int64_t)sizeof(enet_rows); }
EXPORT int64_t enet_row_work(int64_t n, int64_t p) {
    return ROW_WIDE * (p + PAD) + ROW_TALL * (n + PAD) + PAD;
}
EXPORT int64_t enet_pass_size(void) { return (int64_t)sizeof(enet_pass); }
EXPORT int64_t enet_loss_size(void) { return (int64_t)sizeof(enet_losses); }
EXPORT int64_t enet_loss_work(int64_t n, int64_t p) {
    return LOSS_WIDE * (p + PAD) + LOSS_TALL * (n + PAD) + PAD;
}

/* Solve with the set of a level that the machine has; 1 where it was stopped, else 0. */
EXPORT int64_t enet_gram_path(const enet_gram *problem, int64_t level) {
    TAKE(gram_path, problem, level);
}
/* Nothing but the gaps of given solutions. */
EXPORT int64_t enet_gram_gaps(const enet_gram *problem, int64_t level) {
    TAKE(gram_gaps, problem, level);
}
EXPORT int64_t enet_row_path(const enet_rows *problem, int64_t level) {
    TAKE(row_path, problem, level);
}
EXPORT int64_t enet_loss_path(const enet_losses *problem, int64_t level) {
    TAKE(loss_path, problem, level);
}
EXPORT int64_t enet_predict(const enet_pass *pass, int64_t level) { TAKE(predict, pass, level); }
EXPORT int64_t enet_gather(const enet_pass *pass, int64_t level) { TAKE(gather, pass, level); }
EXPORT int64_t enet_settle(const enet_pass *pass, int64_t level) { TAKE(settle_rows, pass, level); }
EXPORT int64_t enet_conjugate(const enet_pass *pass, int64_t level) {
    TAKE(conjugates, pass, level);
}
