/* Where a path by cross products is, how far that is from a minimum, and how a coefficient moves; the
   letters are those of gram_path.c. */

#ifndef CAREFUL
#define CAREFUL 6
#define GUARDED 101
#define SLOW 0.8   /* a sweep that leaves more of the gap than this is the last before a factor */
#define CG_STEPS 50
#define AIM 1e-12  /* of yy: the gap that is aimed at where it costs little */
#define FLAT 1e-14 /* share of the columns' own curvatures that is rounding */
#define POLISHING 3
#define BURST 200  /* most sweeps between two steps of the support */
#endif

typedef struct {
    const enet_gram *in;
    int64_t p, k, stride, *act, *inside;
    double *R;
    double *b, *g, *sign, *a, *c, *w, *r, *z, *d, *q;
    double *keep_b, *keep_g, *best_b, *best_g, *last_b, *last_g, *lowest_b, *lowest_g;
    double limit, aim, slack, gap, best, lowest;
    int64_t spent, sweeps;
    int factored, bounded, cut;
} ON(gram_state);

/* ------------------------------------------------------------------ how far from the minimum */

/* The mean square of the residual. */
FOR_LEVEL double ON(left)(const ON(gram_state) * s, const double *b, const double *g) {
    return s->in->yy - ON(dot)(s->p, b, s->in->xy) - ON(dot)(s->p, b, g);
}

/* By how much u_j exceeds what the penalty holds where b_j rests: 0 if it may stay. */
FOR_LEVEL double ON(violation)(const ON(gram_state) * s, int64_t j, double b, double g) {
    const double u = g - s->c[j] * b, a = s->a[j];
    const double up = u - (b >= 0.0 ? a : -a), down = -u - (b <= 0.0 ? a : -a);
    double most = 0.0;
    if (up > most && !(s->bounded && b >= s->in->upper[j])) most = up;
    if (down > most && !(s->bounded && b <= s->in->lower[j])) most = down;
    return most;
}

FOR_LEVEL double ON(largest_violation)(const ON(gram_state) * s, const double *b,
                                       const double *g) {
    double most = 0.0;
    for (int64_t j = 0; j < s->p; j++) {
        if (!(ON(size)(b[j]) < LARGE && ON(size)(g[j]) < LARGE)) return INFEASIBLE;
        if (s->bounded && (b[j] > s->in->upper[j] || b[j] < s->in->lower[j])) return INFEASIBLE;
        const double own = ON(violation)(s, j, b[j], g[j]);
        most = own > most ? own : most;
    }
    return most;
}

FOR_LEVEL double ON(judge)(const ON(gram_state) * s, const double *b, const double *g) {
    if (s->in->exact) return ON(largest_violation)(s, b, g);
    if (!s->bounded) return ON(gap_open)(s->p, b, g, s->a, s->c, ON(left)(s, b, g));
    return ON(gap_within)(s->p, b, g, s->a, s->c, s->in->lower, s->in->upper, ON(left)(s, b, g));
}

FOR_LEVEL double ON(objective)(const ON(gram_state) * s, const double *b, const double *g) {
    double value = 0.0;
    for (int64_t j = 0; j < s->p; j++)
        value += s->a[j] * ON(size)(b[j]) + 0.5 * s->c[j] * b[j] * b[j] -
                 0.5 * b[j] * (s->in->xy[j] + g[j]);
    return value;
}

/* ---------------------------------------------------------------------- moving coefficients */

FOR_LEVEL void ON(move)(ON(gram_state) * s, int64_t j, double to) {
    if (to == s->b[j]) return;
    ON(subtract)(s->p, s->g, to - s->b[j], s->in->gram + j * s->stride);
    s->b[j] = to;
}

FOR_LEVEL double ON(between)(const ON(gram_state) * s, int64_t j, double b) {
    return ON(clipped)(b, j, s->in->lower, s->in->upper);
}

/* One sweep of coordinate descent. */
FOR_LEVEL void ON(sweep)(ON(gram_state) * s) {
    for (int64_t j = 0; j < s->p && !*s->in->stop; j++) {
        const double old = s->b[j], a = s->a[j], square = s->in->gram[j * s->stride + j];
        if (square <= 0.0 || (old == 0.0 && ON(size)(s->g[j]) <= a)) continue;
        const double best = ON(thresholded)(s->g[j] + square * old, a, square + s->c[j]);
        ON(move)(s, j, ON(between)(s, j, best));
    }
    s->sweeps++;
    s->gap = ON(judge)(s, s->b, s->g);
}

FOR_LEVEL void ON(save)(const ON(gram_state) * s, double *b, double *g) {
    ON(copy)(s->p, b, s->b);
    ON(copy)(s->p, g, s->g);
}

FOR_LEVEL void ON(restore)(ON(gram_state) * s, const double *b, const double *g) {
    ON(copy)(s->p, s->b, b);
    ON(copy)(s->p, s->g, g);
}
