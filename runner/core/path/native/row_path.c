/* A path of an elastic net given by its rows, of many columns, dense or sparse.

   The columns are z_j = v (x_j - m_j s_j) / s_j, row by row, where v^2 are weights of mean 1; for each
   of falling strengths, with a_j = l1 f_j and c_j = l2 f_j, the coefficients b that minimise

       |t - Z b|^2 / (2 n) + sum_j (a_j |b_j| + c_j b_j^2 / 2),      lower <= b <= upper.

   Nothing is centred: with r = t - sum_j (b_j / s_j) v x_j, o = sum_j b_j m_j and the means
   M_j = v'(v x_j) / (n s_j) and S = v'r / n, the residual is r + o v and the gradient

       g_j = (v x_j)'r / (n s_j) - m_j S + o (M_j - m_j),

   so that a change of b_j costs the entries of its column alone, and S falls by M_j times that.

   Coordinate descent sweeps the columns that strong rules let through (Tibshirani et al. 2012), then
   of these the ones that are not 0 until they stand still, and so on. All columns are looked at once
   for each strength: for the gap, for those that the rules have missed, and for the next rules.

   Descent is slow where columns are correlated. A strength that takes more sweeps than `patience` is
   left unsolved, and those after it: cross products suit them better. */

#define SLOPE 0.5   /* of a gradient by a strength, at most, by which a column is let through */
#define SHARE 0.3   /* of the tolerance that sweeps may leave */
#define TIGHTER 0.2 /* that share of it where the gap is above the tolerance and nothing is missed */

typedef struct {
    const enet_rows *in;
    int64_t n, p, strong_count, *strong, *active, *let_through;
    double *b, *last_b, *ahead_b, *g, *a, *c, *square, *mean, *r, *last_r, *ahead_r;
    double o, S, last_o, last_S, limit, gap;
    int64_t sweeps;
} ON(row_state);

/* --------------------------------------------------------------------------------- columns */

FOR_LEVEL double ON(sum_of)(int64_t n, const double *restrict x) {
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

FOR_LEVEL double ON(column_square)(const enet_columns *x, int64_t j) {
    const double *value = ON(values)(x, j);
    return ON(dot)(ON(entries)(x, j), value, value);
}

FOR_LEVEL double ON(column_sum)(const enet_rows *in, int64_t j) {
    if (in->root) return ON(column_dot)(&in->x, j, in->root);
    return ON(sum_of)(ON(entries)(&in->x, j), ON(values)(&in->x, j));
}

FOR_LEVEL double ON(mean_of)(const enet_rows *in, const double *r) {
    return (in->root ? ON(dot)(in->x.n, in->root, r) : ON(sum_of)(in->x.n, r)) / (double)in->x.n;
}

FOR_LEVEL double ON(gradient)(const ON(row_state) * s, int64_t j) {
    const double product = ON(column_dot)(&s->in->x, j, s->r) * s->in->unscale[j] / (double)s->n;
    return product - s->in->shift[j] * s->S + s->o * (s->mean[j] - s->in->shift[j]);
}

FOR_LEVEL void ON(set)(ON(row_state) * s, int64_t j, double to) {
    const double step = to - s->b[j];
    s->b[j] = to;
    ON(column_add)(&s->in->x, j, -step * s->in->unscale[j], s->r);
    s->o += step * s->in->shift[j];
    s->S -= step * s->mean[j];
}

/* ---------------------------------------------------------------------- coordinate descent */

/* One sweep over some columns: the largest of what each has gained, times their number. */
FOR_LEVEL double ON(sweep_over)(ON(row_state) * s, const int64_t *chosen, int64_t count) {
    double most = 0.0;
    for (int64_t m = 0; m < count && !*s->in->stop; m++) {
        const int64_t j = chosen[m];
        const double old = s->b[j], curvature = s->square[j] + s->c[j];
        if (!(s->square[j] > 0.0)) continue;
        const double pull = ON(gradient)(s, j) + s->square[j] * old;
        const double best = ON(clipped)(ON(thresholded)(pull, s->a[j], curvature), j,
                                        s->in->lower, s->in->upper);
        if (best == old) continue;
        ON(set)(s, j, best);
        const double gained = (best - old) * (best - old) * curvature;
        most = gained > most ? gained : most;
    }
    s->sweeps++;
    return most * (double)count;
}

FOR_LEVEL int ON(may_go_on)(const ON(row_state) * s) {
    return s->sweeps < s->in->most && s->sweeps < s->in->patience && !*s->in->stop;
}

/* Sweep until what is left to gain is about `leave`. */
FOR_LEVEL void ON(settle)(ON(row_state) * s, double leave) {
    while (ON(may_go_on)(s)) {
        if (ON(sweep_over)(s, s->strong, s->strong_count) <= leave) return;
        int64_t count = 0;
        for (int64_t m = 0; m < s->strong_count; m++)
            if (s->b[s->strong[m]] != 0.0) s->active[count++] = s->strong[m];
        while (ON(may_go_on)(s) && ON(sweep_over)(s, s->active, count) > leave) {}
    }
}

/* ---------------------------------------------------------------------------- one strength */

/* The size of a gradient in the directions in which its coefficient may leave 0. */
FOR_LEVEL double ON(reach_of)(const ON(row_state) * s, int64_t j) {
    const double g = s->g[j];
    if (s->in->lower && (g > 0.0 ? s->in->upper[j] <= 0.0 : s->in->lower[j] >= 0.0)) return 0.0;
    return ON(size)(g);
}

/* Let columns through whose gradient is above so much of their penalty: how many there are. */
FOR_LEVEL int64_t ON(let_columns_through)(ON(row_state) * s, double share) {
    int64_t count = 0;
    for (int64_t j = 0; j < s->p; j++) {
        if (s->let_through[j] || !(s->square[j] > 0.0)) continue;
        if (s->b[j] == 0.0 && !(ON(reach_of)(s, j) > share * s->a[j])) continue;
        s->let_through[j] = 1;
        s->strong[s->strong_count++] = j;
        count++;
    }
    return count;
}

/* The residual anew from the coefficients, as rounding adds up in what is updated. */
FOR_LEVEL void ON(renew_residual)(ON(row_state) * s) {
    ON(copy)(s->n, s->r, s->in->target);
    s->o = 0.0;
    for (int64_t j = 0; j < s->p && !*s->in->stop; j++) {
        if (s->b[j] == 0.0) continue;
        ON(column_add)(&s->in->x, j, -s->b[j] * s->in->unscale[j], s->r);
        s->o += s->b[j] * s->in->shift[j];
    }
    s->S = ON(mean_of)(s->in, s->r);
}

/* Look at all columns: gradients, and the gap, which has no meaning where it was stopped. */
FOR_LEVEL void ON(look_at_all)(ON(row_state) * s) {
    const enet_rows *in = s->in;
    ON(renew_residual)(s);
    for (int64_t j = 0; j < s->p && !*in->stop; j++) s->g[j] = ON(gradient)(s, j);
    if (*in->stop) return;
    const double squares = ON(dot)(s->n, s->r, s->r) / (double)s->n + 2.0 * s->o * s->S +
                           s->o * s->o;
    s->gap = in->lower ? ON(gap_within)(s->p, s->b, s->g, s->a, s->c, in->lower, in->upper, squares)
                       : ON(gap_open)(s->p, s->b, s->g, s->a, s->c, squares);
}

/* Whether the tolerance was met. */
FOR_LEVEL int ON(solve_strength)(ON(row_state) * s) {
    double leave = SHARE * s->limit;
    s->sweeps = 0;
    for (;;) {
        ON(settle)(s, leave);
        ON(look_at_all)(s);
        if (*s->in->stop) return 0;
        if (!(s->gap > s->limit)) return 1;
        if (!ON(may_go_on)(s)) return 0;
        if (!ON(let_columns_through)(s, 1.0)) leave *= TIGHTER;
    }
}

/* ------------------------------------------------------------------------------- the path */

/* Begin on the line through the last two solutions; no coefficient leaves 0 or its side by that. */
FOR_LEVEL void ON(go_ahead)(ON(row_state) * s, int64_t at) {
    const double last_o = s->o, last_S = s->S;
    const double ahead = at < 2 ? 0.0 : ON(step_ahead)(s->in->l1 + at);
    if (ahead == 0.0) {
        ON(copy)(s->p, s->last_b, s->b);
        ON(copy)(s->n, s->last_r, s->r);
    } else {
        ON(extrapolate)(s->p, s->ahead_b, s->b, s->last_b, ahead);
        ON(extrapolate)(s->n, s->ahead_r, s->r, s->last_r, ahead);
        ON(copy)(s->p, s->b, s->ahead_b);
        ON(copy)(s->n, s->r, s->ahead_r);
        s->o += ahead * (s->o - s->last_o);
        s->S += ahead * (s->S - s->last_S);
        for (int64_t j = 0; j < s->p && !*s->in->stop; j++) {
            const double sided = s->b[j] * s->last_b[j] > 0.0 ? s->b[j] : 0.0;
            const double within = ON(clipped)(sided, j, s->in->lower, s->in->upper);
            if (within != s->b[j]) ON(set)(s, j, within);
        }
    }
    s->last_o = last_o;
    s->last_S = last_S;
}

FOR_LEVEL void ON(lay_out_rows)(ON(row_state) * s, const enet_rows *in) {
    double **wide[ROW_WIDE] = {&s->b, &s->last_b, &s->ahead_b, &s->g,
                               &s->a, &s->c,      &s->square,  &s->mean};
    double **tall[ROW_TALL] = {&s->r, &s->last_r, &s->ahead_r};
    double *next = in->work + PAD;
    s->in = in;
    s->n = in->x.n;
    s->p = in->x.p;
    s->strong = in->index;
    s->active = in->index + s->p;
    s->let_through = in->index + 2 * s->p;
    for (int v = 0; v < ROW_WIDE; v++, next += s->p + PAD) *wide[v] = next;
    for (int v = 0; v < ROW_TALL; v++, next += s->n + PAD) *tall[v] = next;
}

FOR_LEVEL void ON(set_out_rows)(ON(row_state) * s) {
    const enet_rows *in = s->in;
    ON(copy)(s->n, s->r, in->target);
    s->limit = (in->tol + ROUNDING) * ON(dot)(s->n, s->r, s->r) / (double)s->n;
    s->o = s->last_o = s->last_S = 0.0;
    s->S = ON(mean_of)(in, s->r);
    for (int64_t j = 0; j < s->p && !*in->stop; j++) {
        const double u = in->unscale[j], m = in->shift[j];
        s->mean[j] = ON(column_sum)(in, j) * u / (double)s->n;
        s->square[j] = ON(column_square)(&in->x, j) * u * u / (double)s->n - 2.0 * m * s->mean[j] + m * m;
        s->b[j] = s->last_b[j] = 0.0;
        if (in->start && in->start[j] != 0.0 && s->square[j] > 0.0)
            ON(set)(s, j, ON(clipped)(in->start[j], j, in->lower, in->upper));
    }
}

/* Which columns the rules let through on the way from the last strength to this one. */
FOR_LEVEL void ON(screen)(ON(row_state) * s, int64_t at) {
    const double now = s->in->l1[at], before = at ? s->in->l1[at - 1] : s->in->before;
    const double fall = before > now ? before - now : 0.0;
    s->strong_count = 0;
    for (int64_t j = 0; j < s->p; j++) s->let_through[j] = 0;
    ON(let_columns_through)(s, (now - SLOPE * fall) / now);
}

FOR_LEVEL int64_t ON(row_path)(const enet_rows *in) {
    ON(row_state) state, *s = &state;
    ON(lay_out_rows)(s, in);
    *in->solved = 0;
    ON(set_out_rows)(s);
    if (*in->stop) return 1;
    for (int64_t at = 0; at < in->count; at++) {
        ON(set_strength)(s->p, in->l1[at], in->l2[at], in->factors, s->a, s->c);
        if (at == 0) ON(look_at_all)(s);
        ON(go_ahead)(s, at);
        if (*in->stop) return 1;
        ON(screen)(s, at);
        const int met = ON(solve_strength)(s);
        if (*in->stop) return 1;
        if (!met && s->sweeps < in->most) return 0;
        const int64_t kept = in->kept[at];
        *in->solved = at + 1;
        if (kept < 0) continue;
        in->gaps[kept] = s->gap;
        in->sweeps[kept] = s->sweeps;
        ON(copy)(s->p, in->out + kept * s->p, s->b);
    }
    return 0;
}

#undef SLOPE
#undef SHARE
#undef TIGHTER
