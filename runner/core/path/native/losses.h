/* The losses of single rows, and of all rows together: the formulas are those of runner/family.

   exp and log are our own, as there is no libc: log is right to two units in the last place, exp of x
   to half of one for each unit of |x|, which is what a rounding of x does. Nothing in them is a branch,
   so that compilers make vectors of the loops over rows. Exponents whose size is above 700, or not a
   number, count as 700. */

#define FURTHEST_EXPONENT 0x4085E00000000000 /* the bits of 700 */
#define SIGN 0x8000000000000000
#define ROOT_HALF 0x3FE6A09E667F3BCD         /* the bits of the root of 1/2 */
#define LOG2_E 1.4426950408889634
#define LN_2 0.69314718055994531
#define INLINE FOR_LEVEL inline __attribute__((always_inline))

INLINE double ON(from_bits)(uint64_t bits) {
    const union { uint64_t bits; double value; } both = {bits};
    return both.value;
}

INLINE uint64_t ON(bits_of)(double value) {
    const union { double value; uint64_t bits; } both = {value};
    return both.bits;
}

INLINE double ON(not_negative)(double x) {
    const uint64_t bits = ON(bits_of)(x);
    return ON(from_bits)(bits & ~(0 - (bits >> 63)));
}

INLINE double ON(within_reach)(double x) {
    const uint64_t bits = ON(bits_of)(x), size = bits & ~SIGN;
    const uint64_t inside = 0 - ((size - FURTHEST_EXPONENT) >> 63);
    return ON(from_bits)((bits & SIGN) | (size & inside) | (FURTHEST_EXPONENT & ~inside));
}

/* 2^k e^r with |r| <= log(2) / 2, e^r by its series */
INLINE double ON(exp_of)(double x) {
    const double within = ON(within_reach)(x);
    const int32_t k = (int32_t)(within * LOG2_E + 1024.5) - 1024;
    const double r = within - (double)k * LN_2;
    double sum = 1.0 / 6227020800.0;
    sum = sum * r + 1.0 / 479001600.0;
    sum = sum * r + 1.0 / 39916800.0;
    sum = sum * r + 1.0 / 3628800.0;
    sum = sum * r + 1.0 / 362880.0;
    sum = sum * r + 1.0 / 40320.0;
    sum = sum * r + 1.0 / 5040.0;
    sum = sum * r + 1.0 / 720.0;
    sum = sum * r + 1.0 / 120.0;
    sum = sum * r + 1.0 / 24.0;
    sum = sum * r + 1.0 / 6.0;
    sum = sum * r + 0.5;
    sum = sum * r + 1.0;
    sum = sum * r + 1.0;
    return sum * ON(from_bits)((uint64_t)(int64_t)(k + 1023) << 52);
}

/* Of a positive x = 2^k m with m between the roots of 1/2 and of 2: k log(2) + 2 artanh((m - 1) / (m + 1));
   finite at 0 */
INLINE double ON(log_of)(double x) {
    const uint64_t bits = ON(bits_of)(x);
    const int32_t k = ((int32_t)((bits - ROOT_HALF) >> 52) ^ 2048) - 2048;
    const double m = ON(from_bits)(bits - ((uint64_t)(int64_t)k << 52));
    const double s = (m - 1.0) / (m + 1.0), square = s * s;
    double sum = 1.0 / 23.0;
    sum = sum * square + 1.0 / 21.0;
    sum = sum * square + 1.0 / 19.0;
    sum = sum * square + 1.0 / 17.0;
    sum = sum * square + 1.0 / 15.0;
    sum = sum * square + 1.0 / 13.0;
    sum = sum * square + 1.0 / 11.0;
    sum = sum * square + 1.0 / 9.0;
    sum = sum * square + 1.0 / 7.0;
    sum = sum * square + 1.0 / 5.0;
    sum = sum * square + 1.0 / 3.0;
    return (double)k * LN_2 + 2.0 * s * (1.0 + square * sum);
}

INLINE double ON(x_log_x)(double x) { return x * ON(log_of)(x); }

/* ------------------------------------------------------------------------------ single rows */

typedef struct {
    double loss, slope, bend; /* and its derivatives by the linear predictor */
} ON(one);

INLINE ON(one) ON(logistic)(double y, double eta) {
    const uint64_t sign = ON(bits_of)(eta) & SIGN;
    const double t = ON(exp_of)(ON(from_bits)(ON(bits_of)(eta) | SIGN)), q = 1.0 / (1.0 + t);
    const double above_half = ON(from_bits)(ON(bits_of)(0.5 * (1.0 - t) * q) | sign);
    const double loss = ON(not_negative)(eta) - y * eta + ON(log_of)(1.0 + t);
    return (ON(one)){loss, 0.5 + above_half - y, t * q * q};
}

INLINE ON(one) ON(poisson)(double y, double eta) {
    const double mean = ON(exp_of)(eta);
    return (ON(one)){mean - y * eta, mean - y, mean};
}

INLINE ON(one) ON(gamma)(double y, double eta) {
    const double part = y * ON(exp_of)(-eta);
    return (ON(one)){part + eta, 1.0 - part, part};
}

/* The conjugates, at slopes; outside of their domain those of its edge. */
INLINE double ON(logistic_conjugate)(double y, double slope) {
    const double other = ON(not_negative)(1.0 - ON(not_negative)(y + slope));
    return ON(x_log_x)(other) + ON(x_log_x)(1.0 - other);
}

INLINE double ON(poisson_conjugate)(double y, double slope) {
    const double mean = ON(not_negative)(y + slope);
    return ON(x_log_x)(mean) - mean;
}

INLINE double ON(gamma_conjugate)(double y, double slope) {
    const double part = ON(not_negative)(1.0 - slope);
    return ON(x_log_x)(part) - part * (1.0 + ON(log_of)(y));
}

/* --------------------------------------------------------------------------------- all rows */

typedef struct {
    double value, slope, bend; /* sums over the rows */
} ON(sums);

#define EACH_ROW(family)                                                        \
    for (int64_t i = 0; i < n; i++) {                                           \
        const ON(one) row = family(y[i], slope[i]);                             \
        slope[i] = share[i] * row.slope;                                        \
        bend[i] = share[i] * row.bend;                                          \
        value += share[i] * row.loss;                                           \
        slopes += slope[i];                                                     \
        bends += bend[i];                                                       \
    }

/* Losses at linear predictors, with both derivatives (n,), each row's share within. */
FOR_LEVEL ON(sums) ON(look_at_rows)(const enet_outcome *in, int64_t n, const double *restrict eta,
                                    double *restrict slope, double *restrict bend) {
    const double *restrict share = in->share, *restrict y = in->y;
    double value = 0.0, slopes = 0.0, bends = 0.0;
    ON(copy)(n, slope, eta);
    if (in->offset) ON(subtract)(n, slope, -1.0, in->offset);
    switch (in->family) {
    case LOGISTIC: EACH_ROW(ON(logistic)) break;
    case POISSON: EACH_ROW(ON(poisson)) break;
    default: EACH_ROW(ON(gamma)) break;
    }
    return (ON(sums)){value, slopes, bends};
}
#undef EACH_ROW

#define EACH_ROW(conjugate)                                                  \
    for (int64_t i = 0; i < n; i++) {                                        \
        const double part = share[i] > 0.0 ? share[i] : 1.0, own = s * slope[i]; \
        const double of_row = part * conjugate(in->y[i], own / part);        \
        sum += share[i] > 0.0 ? of_row - (offset ? offset[i] * own : 0.0) : 0.0; \
    }

/* The conjugate of the sum of losses, at slopes times s; rows without a share add nothing. */
FOR_LEVEL double ON(conjugate_of_rows)(const enet_outcome *in, int64_t n,
                                       const double *restrict slope, double s) {
    const double *restrict share = in->share, *restrict offset = in->offset;
    double sum = 0.0;
    switch (in->family) {
    case LOGISTIC: EACH_ROW(ON(logistic_conjugate)) break;
    case POISSON: EACH_ROW(ON(poisson_conjugate)) break;
    default: EACH_ROW(ON(gamma_conjugate)) break;
    }
    return sum;
}
#undef EACH_ROW

/* Shift linear predictors in place, by Newton's method, so that their slopes add up to 0, but for
   `balance`: by how much. Without an intercept they stay. */
FOR_LEVEL double ON(balance_rows)(const enet_outcome *in, int64_t n, double *restrict eta,
                                  double *restrict slope, double *restrict bend,
                                  ON(sums) *sums) {
    double moved = 0.0;
    *sums = ON(look_at_rows)(in, n, eta, slope, bend);
    for (int step = 0; in->intercept && step < BALANCINGS; step++) {
        const double off = ON(size)(sums->slope);
        if (!(off > in->balance && off < LARGE && sums->bend > 0.0 && sums->bend < LARGE)) break;
        const double full = -sums->slope / sums->bend;
        const double shift = full > LONGEST ? LONGEST : full < -LONGEST ? -LONGEST : full;
        for (int64_t i = 0; i < n; i++) eta[i] += shift;
        moved += shift;
        *sums = ON(look_at_rows)(in, n, eta, slope, bend);
    }
    return moved;
}

#undef FURTHEST_EXPONENT
#undef SIGN
#undef ROOT_HALF
#undef LOG2_E
#undef LN_2
#undef INLINE
