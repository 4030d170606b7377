/* A path of an elastic net given by its cross products.

   For each of falling strengths, with a_j = l1 f_j and c_j = l2 h_j, the coefficients b that minimise

       b'G b / 2 - b'xy + yy / 2 + sum_j (a_j |b_j| + c_j b_j^2 / 2),      lower <= b <= upper,

   each warm-started from the last. Let g = xy - G b and u_j = g_j - c_j b_j.

   A coefficient is inside the support A while it moves on a piece where its penalty is smooth: between
   0 and a bound, on the side of its sign s_j, or between its bounds where a_j = 0. Outside it rests, at
   0 or at a bound. The minimum over A of given signs solves

       (G_AA + diag(c_A)) b_A = xy_A - a_A s_A - G_AR b_R,      R what rests at bounds,

   by conjugate gradients, for which the Cholesky factor of a support and of ridges near these is the
   preconditioner (factor.h): along a path few columns change, so that one or two products do for what
   a new factor would cost k^3 / 3. Those that leave their pieces then rest at the end of them, and
   those of which u_j would move them away from where they rest enter: a primal-dual active set
   (Hintermueller, Ito & Kunisch 2002). It need not settle. So from round CAREFUL on a step is cut
   where the first coefficient leaves its piece, and one column enters at a time, which is the active
   set method of Osborne, Presnell & Turlach (2000); and from round GUARDED on, which only dependent
   columns reach, coordinate descent goes first, and a step that raises the objective is undone.

   A path begins on the line through the last two solutions; their gradients are on a line, too.

   Every step is judged by the dual gap (see gap.py for its formulas) or, where there is no yy, by how
   far u_j is from what the penalty allows. The gradient is updated along the path, and rounding adds
   up: the caller computes the gaps of the answer anew. */

#define CAREFUL 6
#define GUARDED 101
#define SLOW 0.8   /* a sweep that leaves more of the gap than this is the last before a factor */
#define CG_STEPS 50
#define AIM 1e-12  /* of yy: the gap that is aimed at where it costs little */
#define FLAT 1e-14 /* share of the columns' own curvatures that is rounding */
#define POLISHING 3
#define BURST 200  /* most sweeps between two steps of the support */

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

/* ------------------------------------------------------------------------------ the support */

/* Whether a coefficient has come to the end of its piece, or beyond. */
FOR_LEVEL int ON(at_end)(const ON(gram_state) * s, int64_t j) {
    if (s->a[j] > 0.0 && s->b[j] * s->sign[j] <= 0.0) return 1;
    return s->bounded && (s->b[j] >= s->in->upper[j] || s->b[j] <= s->in->lower[j]);
}

/* That end. */
FOR_LEVEL double ON(end)(const ON(gram_state) * s, int64_t j) {
    return s->a[j] > 0.0 && s->b[j] * s->sign[j] <= 0.0 ? 0.0 : ON(between)(s, j, s->b[j]);
}

FOR_LEVEL void ON(let_rest)(ON(gram_state) * s, int64_t j) {
    ON(move)(s, j, ON(end)(s, j));
    s->inside[j] = 0;
    s->sign[j] = 0.0;
}

/* How much a column wants to enter: LARGE where it is on a piece already, and not inside. */
FOR_LEVEL double ON(wish)(const ON(gram_state) * s, int64_t j) {
    const double b = s->b[j];
    if (s->inside[j]) return 0.0;
    if (b != 0.0 && !(s->bounded && (b >= s->in->upper[j] || b <= s->in->lower[j]))) return LARGE;
    return ON(violation)(s, j, b, s->g[j]);
}

FOR_LEVEL void ON(let_in)(ON(gram_state) * s, int64_t j) {
    s->inside[j] = 1;
    s->sign[j] = ON(sign_of)(s->b[j] != 0.0 ? s->b[j] : s->g[j]);
}

/* The wish above which columns enter in this round, and how many have it. */
FOR_LEVEL double ON(threshold)(const ON(gram_state) * s, int64_t round, int64_t gone,
                               int64_t *count) {
    double most = 0.0;
    *count = 0;
    for (int64_t j = 0; j < s->p; j++) {
        const double own = ON(wish)(s, j);
        *count += own > s->slack;
        if (own < LARGE && own > most) most = own;
    }
    if (round >= CAREFUL) {
        *count = 1;
        return s->cut || most <= s->slack ? LARGE / 2.0 : most * (1.0 - 1e-12);
    }
    if (gone > 0 && round > 2 && s->gap < LARGE) {
        *count = 0;
        return LARGE / 2.0;
    }
    return s->slack;
}

/* Make the support anew, with its factor; 0 where it was stopped. */
FOR_LEVEL int ON(renew)(ON(gram_state) * s, double least) {
    int64_t kept = 0;
    for (int64_t m = 0; m < s->k; m++) {
        const int64_t j = s->act[m];
        if (ON(at_end)(s, j)) ON(let_rest)(s, j);
        else s->act[kept++] = j;
    }
    s->k = kept;
    for (int64_t j = 0; j < s->p; j++)
        if (ON(wish)(s, j) > least) {
            s->act[s->k++] = j;
            ON(let_in)(s, j);
        }
    kept = ON(factorise)(s->in->gram, s->stride, s->c, s->act, s->k, s->R, s->in->stop);
    if (kept < 0) return 0;
    if (kept < s->k) {
        for (int64_t j = 0; j < s->p; j++) s->inside[j] = 0;
        for (int64_t m = 0; m < kept; m++) s->inside[s->act[m]] = 1;
    }
    s->k = kept;
    s->spent = 0;
    s->factored = 1;
    return 1;
}

/* Change the support, and its factor with it; 0 where it was stopped. */
FOR_LEVEL int ON(revise)(ON(gram_state) * s, double least) {
    for (int64_t m = 0; m < s->k && !*s->in->stop;) {
        const int64_t j = s->act[m];
        if (!ON(at_end)(s, j)) {
            m++;
            continue;
        }
        ON(withdraw)(s->act, s->k, m, s->R, s->stride, s->w);
        s->k--;
        ON(let_rest)(s, j);
    }
    for (int64_t j = 0; j < s->p && !*s->in->stop; j++)
        if (ON(wish)(s, j) > least &&
            ON(append)(s->in->gram, s->stride, s->c[j], s->act, s->k, j, s->R, s->w)) {
            s->k++;
            ON(let_in)(s, j);
        }
    return !*s->in->stop;
}

FOR_LEVEL int ON(choose_support)(ON(gram_state) * s, int64_t round) {
    int64_t gone = 0, entering;
    for (int64_t m = 0; m < s->k; m++) gone += ON(at_end)(s, s->act[m]);
    const double least = ON(threshold)(s, round, gone, &entering);
    if (!s->factored || s->spent * 12 > s->k + 24 || gone * 3 > s->k + 6 ||
        entering * 2 > s->k + 16)
        return ON(renew)(s, least);
    return ON(revise)(s, least);
}

/* ------------------------------------------------------------- the minimum over the support */

/* q = G[:, A] d, eight columns at a time; less where it was stopped */
FOR_LEVEL void ON(product)(const double *restrict gram, int64_t p, int64_t ld,
                           const int64_t *act, int64_t k, const double *restrict d,
                           double *restrict q, const volatile int32_t *stop) {
    for (int64_t i = 0; i < p; i++) q[i] = 0.0;
    int64_t m = 0;
    for (; m + 7 < k && !*stop; m += 8) {
        const double *restrict r0 = gram + act[m] * ld, *restrict r1 = gram + act[m + 1] * ld;
        const double *restrict r2 = gram + act[m + 2] * ld, *restrict r3 = gram + act[m + 3] * ld;
        const double *restrict r4 = gram + act[m + 4] * ld, *restrict r5 = gram + act[m + 5] * ld;
        const double *restrict r6 = gram + act[m + 6] * ld, *restrict r7 = gram + act[m + 7] * ld;
        const double d0 = d[m], d1 = d[m + 1], d2 = d[m + 2], d3 = d[m + 3];
        const double d4 = d[m + 4], d5 = d[m + 5], d6 = d[m + 6], d7 = d[m + 7];
        for (int64_t i = 0; i < p; i++)
            q[i] += ((d0 * r0[i] + d1 * r1[i]) + (d2 * r2[i] + d3 * r3[i])) +
                    ((d4 * r4[i] + d5 * r5[i]) + (d6 * r6[i] + d7 * r7[i]));
    }
    for (; m < k && !*stop; m++) ON(subtract)(p, q, -d[m], gram + act[m] * ld);
}

FOR_LEVEL double ON(precondition)(ON(gram_state) * s) {
    ON(copy)(s->k, s->z, s->r);
    ON(solve_lower)(s->R, s->stride, s->k, s->z);
    ON(solve_upper)(s->R, s->stride, s->k, s->z);
    return ON(dot)(s->k, s->r, s->z);
}

/* One step of conjugate gradients along d; 0 where the curvature is rounding. */
FOR_LEVEL int ON(cg_step)(ON(gram_state) * s, double rz) {
    ON(product)(s->in->gram, s->p, s->stride, s->act, s->k, s->d, s->q,
                s->in->stop);
    double curvature = 0.0, whole = 0.0;
    for (int64_t m = 0; m < s->k; m++) {
        const int64_t j = s->act[m];
        curvature += s->d[m] * (s->q[j] + s->c[j] * s->d[m]);
        whole += s->d[m] * s->d[m] * s->in->gram[j * s->stride + j];
    }
    if (!(curvature > FLAT * whole)) return 0;
    const double step = rz / curvature;
    for (int64_t m = 0; m < s->k; m++) {
        const int64_t j = s->act[m];
        s->b[j] += step * s->d[m];
        s->r[m] -= step * (s->q[j] + s->c[j] * s->d[m]);
    }
    ON(subtract)(s->p, s->g, step, s->q);
    return 1;
}

/* Go where the support's coefficients should be, signs being as they are. */
FOR_LEVEL void ON(minimise)(ON(gram_state) * s) {
    for (int64_t m = 0; m < s->k; m++) {
        const int64_t j = s->act[m];
        s->r[m] = s->g[j] - s->a[j] * s->sign[j] - s->c[j] * s->b[j];
    }
    double rz = ON(precondition)(s);
    const double first = rz, first_square = ON(dot)(s->k, s->r, s->r);
    ON(copy)(s->k, s->d, s->z);
    int64_t count = 0;
    while (rz > 0.0 && count < CG_STEPS && !*s->in->stop) {
        if (!ON(cg_step)(s, rz)) {
            s->factored = 0; /* it may be of a larger ridge, which held these columns apart */
            break;
        }
        count++;
        s->gap = ON(judge)(s, s->b, s->g);
        if (!(s->gap > s->aim) || ON(dot)(s->k, s->r, s->r) <= 1e-6 * first_square) break;
        const double next = ON(precondition)(s);
        if (next <= 1e-4 * first || (!s->in->exact && next <= 0.02 * s->aim)) break;
        for (int64_t m = 0; m < s->k; m++) s->d[m] = s->z[m] + next / rz * s->d[m];
        rz = next;
    }
    if (count == 0) s->gap = ON(judge)(s, s->b, s->g);
    if (count > 1) s->spent += count - 1;
}

/* Cut a step that began at keep_b where the first coefficient reached the end of its piece. */
FOR_LEVEL void ON(cut_step)(ON(gram_state) * s) {
    double share = 1.0, end = 0.0;
    int64_t first = -1;
    for (int64_t m = 0; m < s->k; m++) {
        const int64_t j = s->act[m];
        if (!ON(at_end)(s, j)) continue;
        const double way = s->b[j] - s->keep_b[j];
        const double part = way != 0.0 ? (ON(end)(s, j) - s->keep_b[j]) / way : 0.0;
        if (part < share) {
            share = part > 0.0 ? part : 0.0;
            first = j;
            end = ON(end)(s, j);
        }
    }
    if (first < 0) return;
    s->cut = 1;
    for (int64_t j = 0; j < s->p; j++) {
        s->b[j] = s->keep_b[j] + share * (s->b[j] - s->keep_b[j]);
        s->g[j] = s->keep_g[j] + share * (s->g[j] - s->keep_g[j]);
    }
    ON(move)(s, first, end);
    s->gap = ON(judge)(s, s->b, s->g);
}

/* ---------------------------------------------------------------------------- one strength */

/* Keep the best of the uncut steps, and go back to it when they end. */
FOR_LEVEL void ON(remember_best)(ON(gram_state) * s, int64_t round) {
    if (round == 1 || (round < CAREFUL && s->gap < s->best)) {
        s->best = s->gap;
        ON(save)(s, s->best_b, s->best_g);
    }
    if (round != CAREFUL || !(s->best < s->gap)) return;
    s->gap = s->best;
    ON(restore)(s, s->best_b, s->best_g);
    for (int64_t m = 0; m < s->k; m++) s->sign[s->act[m]] = ON(sign_of)(s->b[s->act[m]]);
}

FOR_LEVEL void ON(sweep_often)(ON(gram_state) * s, int64_t most) {
    for (int64_t i = 0; i < most && s->gap > s->limit && !*s->in->stop; i++) ON(sweep)(s);
}

/* Undo a step that has raised the objective. */
FOR_LEVEL void ON(guard)(ON(gram_state) * s) {
    if (!(ON(objective)(s, s->b, s->g) > ON(objective)(s, s->keep_b, s->keep_g))) return;
    ON(restore)(s, s->keep_b, s->keep_g);
    for (int64_t m = 0; m < s->k; m++) {
        const int64_t j = s->act[m];
        if (s->b[j] != 0.0) s->sign[j] = ON(sign_of)(s->b[j]);
    }
    s->gap = ON(judge)(s, s->b, s->g);
}

/* Steps of the support may go up for a while: what was lowest is the answer where there is no time for
   more of them. */
FOR_LEVEL void ON(note_lowest)(ON(gram_state) * s) {
    const double value = ON(objective)(s, s->b, s->g);
    if (!(s->gap < LARGE && value < s->lowest)) return;
    s->lowest = value;
    ON(save)(s, s->lowest_b, s->lowest_g);
}

FOR_LEVEL void ON(settle_for_lowest)(ON(gram_state) * s) {
    if (!(s->gap > s->limit && s->lowest < LARGE)) return;
    ON(restore)(s, s->lowest_b, s->lowest_g);
    s->gap = ON(judge)(s, s->b, s->g);
}

/* With no factor yet, descend while each sweep brings much: where that goes on to the end it spares
   the factor, and where it does not it is undone, as of correlated columns too many enter by it. */
FOR_LEVEL void ON(descend_first)(ON(gram_state) * s) {
    const double first = s->gap;
    double before;
    ON(save)(s, s->keep_b, s->keep_g);
    do {
        before = s->gap;
        ON(sweep)(s);
    } while (s->gap > s->aim && s->gap < SLOW * before && s->sweeps < s->in->most &&
             !*s->in->stop);
    ON(note_lowest)(s);
    if (!(s->gap > s->limit)) return;
    s->gap = first;
    ON(restore)(s, s->keep_b, s->keep_g);
}

/* Where the tolerance is met, go on to what is aimed at as long as steps bring it nearer. */
FOR_LEVEL int ON(polish)(ON(gram_state) * s) {
    for (int again = 0; again < POLISHING && s->gap <= s->limit && s->gap > s->aim; again++) {
        const double before = s->gap;
        ON(save)(s, s->keep_b, s->keep_g);
        if (!ON(choose_support)(s, 1)) return 0;
        ON(minimise)(s);
        if (s->gap < before) continue;
        ON(restore)(s, s->keep_b, s->keep_g);
        s->gap = before;
        break;
    }
    return !*s->in->stop;
}

/* The gradient anew from the coefficients: a step along dependent columns may have been so long that
   what is left of it is rounding. */
FOR_LEVEL void ON(renew_gradient)(ON(gram_state) * s) {
    ON(copy)(s->p, s->g, s->in->xy);
    for (int64_t j = 0; j < s->p && !*s->in->stop; j++)
        if (s->b[j] != 0.0) ON(subtract)(s->p, s->g, s->b[j], s->in->gram + j * s->stride);
    s->gap = ON(judge)(s, s->b, s->g);
}

/* What should be exact is solved for its support once at least, and judged by a gradient of its own. */
FOR_LEVEL int ON(unsolved)(ON(gram_state) * s) {
    if (s->gap > s->limit || !s->in->exact) return s->gap > s->limit;
    if (!s->factored) return 1;
    ON(renew_gradient)(s);
    return s->gap > s->limit;
}

/* 0 where it was stopped, which leaves what is not a solution. */
FOR_LEVEL int ON(solve_one)(ON(gram_state) * s) {
    int64_t burst = 4;
    s->sweeps = 0;
    s->cut = 0;
    s->lowest = LARGE;
    if (!s->factored && !s->in->exact && s->gap > s->limit) ON(descend_first)(s);
    for (int64_t round = 1; ON(unsolved)(s) && s->sweeps < s->in->most; round++) {
        ON(remember_best)(s, round);
        if (round >= GUARDED) {
            ON(sweep_often)(s, burst);
            burst = 2 * burst < BURST ? 2 * burst : BURST;
            if (!(s->gap > s->limit)) break;
        }
        if (round >= GUARDED) ON(save)(s, s->keep_b, s->keep_g);
        if (!ON(choose_support)(s, round)) return 0;
        if (round >= CAREFUL && round < GUARDED) ON(save)(s, s->keep_b, s->keep_g);
        ON(minimise)(s);
        s->sweeps++;
        s->cut = 0;
        if (*s->in->stop) return 0;
        if (s->gap > s->limit && round >= GUARDED) ON(guard)(s);
        else if (s->gap > s->limit && round >= CAREFUL) ON(cut_step)(s);
        ON(note_lowest)(s);
    }
    ON(settle_for_lowest)(s);
    return ON(polish)(s);
}

/* -------------------------------------------------------------------------------- the path */

/* The penalty's strengths, and how far from the minimum the last solution is with them. */
FOR_LEVEL void ON(penalise)(ON(gram_state) * s, int64_t at) {
    const enet_gram *in = s->in;
    for (int64_t j = 0; j < s->p; j++) {
        s->a[j] = in->pull ? in->l1[at] * in->pull[j] : in->l1[at];
        s->c[j] = in->ridge ? in->l2[at] * in->ridge[j] : in->l2[at];
    }
    s->gap = ON(judge)(s, s->b, s->g);
}

/* Begin on the line through the last two solutions if that is nearer. */
FOR_LEVEL void ON(look_ahead)(ON(gram_state) * s, int64_t at) {
    const double ahead = at < 2 ? 0.0 : ON(step_ahead)(s->in->l1 + at);
    if (!(s->gap > s->limit) || ahead == 0.0) {
        ON(save)(s, s->last_b, s->last_g);
        return;
    }
    ON(extrapolate)(s->p, s->keep_b, s->b, s->last_b, ahead);
    ON(extrapolate)(s->p, s->keep_g, s->g, s->last_g, ahead);
    const double guess = ON(judge)(s, s->keep_b, s->keep_g);
    if (!(guess < s->gap)) return;
    s->gap = guess;
    ON(restore)(s, s->keep_b, s->keep_g);
}

FOR_LEVEL void ON(lay_out)(ON(gram_state) * s, const enet_gram *in) {
    const int64_t spacing = in->stride + PAD;
    double *next = in->work + in->stride * in->stride + PAD;
    double **vectors[GRAM_VECTORS] = {&s->b, &s->g, &s->sign, &s->a, &s->c, &s->w, &s->r, &s->z,
                                      &s->d, &s->q, &s->keep_b, &s->keep_g, &s->best_b, &s->best_g,
                                      &s->last_b, &s->last_g, &s->lowest_b, &s->lowest_g};
    s->in = in;
    s->p = in->p;
    s->stride = in->stride;
    s->R = in->work;
    s->act = in->index;
    s->inside = in->index + in->stride;
    s->bounded = in->lower != 0;
    for (int v = 0; v < GRAM_VECTORS; v++) *vectors[v] = next + v * spacing;
}

/* The coefficients to set out from, and the factor that an earlier call has left, if any. */
FOR_LEVEL void ON(set_out)(ON(gram_state) * s) {
    const enet_gram *in = s->in;
    s->k = in->memory ? in->memory[0] : 0;
    s->factored = s->k > 0;
    s->spent = s->factored ? in->memory[1] : 0;
    if (in->memory) in->memory[0] = 0; /* where this is stopped, what it leaves is half done */
    s->best = 0.0;
    ON(copy)(s->p, s->g, in->xy);
    double largest = 0.0;
    for (int64_t j = 0; j < s->p && !*in->stop; j++) {
        const double start = in->start && in->gram[j * s->stride + j] > 0.0 ? in->start[j] : 0.0;
        s->b[j] = 0.0;
        ON(move)(s, j, ON(between)(s, j, start));
        s->sign[j] = ON(sign_of)(s->b[j]);
        s->last_b[j] = s->last_g[j] = 0.0;
        if (!s->factored) s->inside[j] = 0;
        largest = ON(size)(in->xy[j]) > largest ? ON(size)(in->xy[j]) : largest;
    }
    s->slack = in->exact ? in->tol * largest : 0.0;
    s->limit = in->exact ? s->slack : (in->tol + ROUNDING) * in->yy;
    s->aim = in->exact ? 0.0 : ((in->tol < AIM ? in->tol : AIM) + ROUNDING) * in->yy;
}

/* The gaps of the solutions in `out`, given their products with the Gram matrix, (count, p). */
FOR_LEVEL int64_t ON(gram_gaps)(const enet_gram *in) {
    ON(gram_state) state, *s = &state;
    ON(lay_out)(s, in);
    for (int64_t at = 0; at < in->count; at++) {
        const double *product = in->products + at * s->p;
        ON(copy)(s->p, s->b, in->out + at * s->p);
        for (int64_t j = 0; j < s->p; j++) s->g[j] = in->xy[j] - product[j];
        ON(penalise)(s, at);
        in->gaps[at] = s->gap;
    }
    return 0;
}

FOR_LEVEL int64_t ON(gram_path)(const enet_gram *in) {
    ON(gram_state) state, *s = &state;
    ON(lay_out)(s, in);
    ON(set_out)(s);
    if (*in->stop) return 1;
    for (int64_t at = 0; at < in->count; at++) {
        ON(penalise)(s, at);
        ON(look_ahead)(s, at);
        if (!ON(solve_one)(s)) return 1;
        in->gaps[at] = s->gap;
        in->sweeps[at] = s->sweeps;
        ON(copy)(s->p, in->out + at * s->p, s->b);
    }
    if (in->memory) {
        in->memory[0] = s->factored ? s->k : 0;
        in->memory[1] = s->spent;
    }
    return 0;
}

#undef CAREFUL
#undef GUARDED
#undef SLOW
#undef CG_STEPS
#undef FLAT
#undef BURST
#undef POLISHING
#undef AIM
