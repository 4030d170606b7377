/* Operations on vectors, once per instruction set: see library.c. */

static inline double ON(size)(double x) { return x < 0.0 ? -x : x; }
static inline double ON(above_zero)(double x) { return x > 0.0 ? x : 0.0; }
static inline double ON(if_finite)(double x) { return x < LARGE ? x : 0.0; }
static inline double ON(sign_of)(double x) { return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0; }

FOR_LEVEL void ON(copy)(int64_t n, double *restrict to, const double *restrict from) {
    for (int64_t i = 0; i < n; i++) to[i] = from[i];
}

/* y -= a x */
FOR_LEVEL void ON(subtract)(int64_t n, double *restrict y, double a, const double *restrict x) {
    for (int64_t i = 0; i < n; i++) y[i] -= a * x[i];
}

/* y -= the sum of four a_m x_m, whose first elements are given */
FOR_LEVEL void ON(subtract_four)(int64_t n, double *restrict y, const double *a,
                                 const double *restrict x0, const double *restrict x1,
                                 const double *restrict x2, const double *restrict x3) {
    const double a0 = a[0], a1 = a[1], a2 = a[2], a3 = a[3];
    for (int64_t i = 0; i < n; i++)
        y[i] -= (a0 * x0[i] + a1 * x1[i]) + (a2 * x2[i] + a3 * x3[i]);
}

FOR_LEVEL double ON(dot)(int64_t n, const double *restrict x, const double *restrict y) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* to += the dots of r with four vectors */
FOR_LEVEL void ON(add_four_dots)(int64_t n, double *restrict to, const double *restrict r,
                                 const double *restrict x0, const double *restrict x1,
                                 const double *restrict x2, const double *restrict x3) {
    double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
    for (int64_t i = 0; i < n; i++) {
        s0 += r[i] * x0[i];
        s1 += r[i] * x1[i];
        s2 += r[i] * x2[i];
        s3 += r[i] * x3[i];
    }
    to[0] += s0;
    to[1] += s1;
    to[2] += s2;
    to[3] += s3;
}

/* How many times the last step between strengths the next one is; 0 where a line through the last
   two solutions says nothing of it, and would be rounding many times over. */
FOR_LEVEL double ON(step_ahead)(const double *l1) {
    const double last = l1[-2] - l1[-1], next = l1[-1] - l1[0];
    return last > 0.0 && next > 0.0 && next <= FURTHEST * last ? next / last : 0.0;
}

/* to = from + ahead (from - last), and last = from: a step further on a line */
FOR_LEVEL void ON(extrapolate)(int64_t n, double *restrict to, const double *restrict from,
                               double *restrict last, double ahead) {
    for (int64_t i = 0; i < n; i++) {
        const double now = from[i];
        to[i] = now + ahead * (now - last[i]);
        last[i] = now;
    }
}
