/* How far at most an objective is above its minimum: the formulas are in gap.py.

   With a_j = l1 f_j > 0 and c_j = l2 f_j, u_j = g_j - c_j b_j for the gradient g, and `squares` the
   mean square of the residual. */

/* a and c of one strength, of columns with factors or without */
FOR_LEVEL void ON(set_strength)(int64_t p, double l1, double l2, const double *factors, double *a,
                                double *c) {
    for (int64_t j = 0; j < p; j++) {
        a[j] = factors ? l1 * factors[j] : l1;
        c[j] = factors ? l2 * factors[j] : l2;
    }
}

FOR_LEVEL double ON(shrunk)(double reach) { return reach > 1.0 ? 1.0 / reach : 1.0; }

FOR_LEVEL double ON(gap_open)(int64_t p, const double *restrict b, const double *restrict g,
                              const double *restrict a, const double *restrict c,
                              double squares) {
    double reach = 0.0, ridge = 0.0, slack = 0.0;
    for (int64_t j = 0; j < p; j++) {
        const double t = ON(size)(g[j] - c[j] * b[j]) / a[j];
        reach = t > reach ? t : reach;
    }
    const double s = ON(shrunk)(reach);
    for (int64_t j = 0; j < p; j++) {
        ridge += c[j] * b[j] * b[j];
        slack += a[j] * ON(size)(b[j]) - s * b[j] * (g[j] - c[j] * b[j]);
    }
    return 0.5 * (1.0 - s) * (1.0 - s) * (ON(above_zero)(squares) + ridge) + slack;
}

/* What one column adds between bounds, v being the shrunk u. */
FOR_LEVEL double ON(term_within)(double b, double v, double a, double lower, double upper) {
    const double rises = ON(above_zero)(b), falls = ON(above_zero)(-b);
    return rises * ON(above_zero)(a - v) + falls * ON(above_zero)(a + v) +
           ON(if_finite)(upper - rises) * ON(above_zero)(v - a) +
           ON(if_finite)(-lower - falls) * ON(above_zero)(-v - a);
}

FOR_LEVEL double ON(gap_within)(int64_t p, const double *b, const double *g, const double *a,
                                const double *c, const double *lower, const double *upper,
                                double squares) {
    double reach = 0.0, ridge = 0.0, sum = 0.0;
    for (int64_t j = 0; j < p; j++) {
        if (b[j] > upper[j] || b[j] < lower[j]) return INFEASIBLE;
        const double u = g[j] - c[j] * b[j];
        const int may_go = u > 0.0 ? ON(above_zero)(b[j]) < upper[j]
                                   : ON(above_zero)(-b[j]) < -lower[j];
        if (may_go && ON(size)(u) > reach * a[j]) reach = ON(size)(u) / a[j];
    }
    const double s = ON(shrunk)(reach);
    for (int64_t j = 0; j < p; j++) {
        sum += ON(term_within)(b[j], s * (g[j] - c[j] * b[j]), a[j], lower[j], upper[j]);
        ridge += c[j] * b[j] * b[j];
    }
    return 0.5 * (1.0 - s) * (1.0 - s) * (ON(above_zero)(squares) + ridge) + sum;
}

FOR_LEVEL double ON(clipped)(double b, int64_t j, const double *lower, const double *upper) {
    if (!lower) return b;
    return b > upper[j] ? upper[j] : b < lower[j] ? lower[j] : b;
}

/* The best value of a lone coefficient with the pull of the rest of the gradient. */
FOR_LEVEL double ON(thresholded)(double pull, double a, double curvature) {
    return (pull > a ? pull - a : pull < -a ? pull + a : 0.0) / curvature;
}
