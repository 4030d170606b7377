/* A path of a penalised likelihood given by its rows, of many sparse columns.

   With linear predictors eta_i = b0 + x_i'b and L(eta) the sum of the rows' losses, each times its
   share, for each of falling strengths with a_j = l1 f_j and c_j = l2 f_j the b0 and b that minimise

       L(eta) + sum_j (a_j |b_j| + c_j b_j^2 / 2).

   Newton's method: with the slopes u_i and bends w_i of L at eta the quadratic model is least squares
   with weights w_i. Its residual, times the weights, is r_i = -u_i at first; with S = sum_i r_i,
   W = sum_i w_i, M_j = sum_i w_i x_ij / W and the intercept minimised out, its gradient and curvature

       g_j = x_j'r - M_j S                h_j = sum_i w_i x_ij^2 - W M_j^2,

   so that a change of b_j by d costs the entries of its column alone: r -= d w x_j, S -= d W M_j
   (Friedman, Hastie & Tibshirani 2010, section 3). Nothing is centred.

   Columns are screened as in row_path.c. The exact slopes of all rows give all gradients and the dual
   gap (formulas in likelihood/dual.py), which alone decides when a strength is solved. A path goes on
   from its last solution: a line through the last two doubles what gaps leave in those directions in
   which descent is slow. */

#define SLOPE 0.5    /* of a gradient by a strength, at most, by which a column is let through */
#define SHARE 0.3    /* of what the last step has brought that sweeps may leave */
#define TIGHTER 0.4  /* that share of it where the gap is too large, */
#define TIGHTEST 0.02 /* and where it is so by far */
#define MANY 50      /* times the lacking columns: of fewer, sweeps have left too much */
#define FIRST 1e-3   /* of twice the null loss, what a first step is taken to bring */
#define SOON 30.0    /* times what is enough: a step that brought no more may have been the last */
#define LEAST 1e-6   /* share of the mean bend that a row has at least */
#define FEASIBLE 1e-15 /* share of a penalty by which a gradient may seem to exceed it */
#define HALVINGS 30
#define SEEMING 1e-14 /* share of the objective by which a step may seem to raise it */
#define HARDLY 0.95  /* of the gap before: a step that leaves more has brought nothing */
#define STUCK 5      /* such steps, after which a strength is given up */

typedef struct {
    const enet_losses *in;
    int64_t n, p, strong_count, *strong, *active, *let_through, *known;
    double *b, *last_b, *g, *a, *c, *square, *mean;
    double *eta, *last_eta, *slope, *bend, *w, *r, *tried;
    double b0, S, W, value, enough, gap;
    int64_t sweeps, steps;
} ON(loss_state);

/* -------------------------------------------------------------------- the quadratic model */

FOR_LEVEL void ON(bend_rows)(ON(loss_state) * s) {
    double total = 0.0;
    for (int64_t i = 0; i < s->n; i++) total += s->bend[i];
    const double least = LEAST * total / (double)s->n;
    s->W = s->S = 0.0;
    for (int64_t i = 0; i < s->n; i++) {
        const double w = s->bend[i] > least ? s->bend[i] : least;
        s->w[i] = w;
        s->r[i] = -s->slope[i];
        s->W += w;
        s->S -= s->slope[i];
    }
    for (int64_t j = 0; j < s->p; j++) s->known[j] = 0;
}

FOR_LEVEL void ON(know_column)(ON(loss_state) * s, int64_t j) {
    double sum, squares;
    ON(column_moments)(&s->in->x, j, s->w, &sum, &squares);
    s->mean[j] = s->in->of.intercept ? sum / s->W : 0.0;
    s->square[j] = squares - s->W * s->mean[j] * s->mean[j];
    if (!(s->square[j] > DEPENDENT * squares)) s->square[j] = 0.0; /* constant, but for rounding */
    s->known[j] = 1;
}

/* The best value of a coefficient; a column that is constant where rows have weight says nothing. */
FOR_LEVEL double ON(best_of)(const ON(loss_state) * s, int64_t j) {
    if (!(s->square[j] > 0.0)) return 0.0;
    const double g = ON(column_dot)(&s->in->x, j, s->r) - s->mean[j] * s->S;
    return ON(thresholded)(g + s->square[j] * s->b[j], s->a[j], s->square[j] + s->c[j]);
}

/* One sweep over some columns: what they have gained together, about. */
FOR_LEVEL double ON(sweep_columns)(ON(loss_state) * s, const int64_t *chosen, int64_t count) {
    double sum = 0.0;
    for (int64_t m = 0; m < count && !*s->in->stop; m++) {
        const int64_t j = chosen[m];
        if (!s->known[j]) ON(know_column)(s, j);
        const double change = ON(best_of)(s, j) - s->b[j];
        if (change == 0.0) continue;
        s->b[j] += change;
        ON(column_add_weighted)(&s->in->x, j, -change, s->w, s->r);
        s->S -= change * s->W * s->mean[j];
        sum += change * change * (s->square[j] + s->c[j]);
    }
    s->sweeps++;
    return sum;
}

FOR_LEVEL int ON(is_patient)(const ON(loss_state) * s) {
    return s->sweeps < s->in->patience && !*s->in->stop;
}

/* Sweep until what is left to gain is about `leave`. */
FOR_LEVEL void ON(settle_columns)(ON(loss_state) * s, double leave) {
    while (ON(is_patient)(s)) {
        if (ON(sweep_columns)(s, s->strong, s->strong_count) <= leave) return;
        int64_t count = 0;
        for (int64_t m = 0; m < s->strong_count; m++)
            if (s->b[s->strong[m]] != 0.0) s->active[count++] = s->strong[m];
        while (ON(is_patient)(s) && ON(sweep_columns)(s, s->active, count) > leave) {}
    }
}

/* ------------------------------------------------------------------------------ one step */

FOR_LEVEL double ON(penalty_of)(const ON(loss_state) * s, const double *b) {
    double sum = 0.0;
    for (int64_t j = 0; j < s->p; j++) sum += s->a[j] * ON(size)(b[j]) + 0.5 * s->c[j] * b[j] * b[j];
    return sum;
}

/* Take the rows as they are at eta, the intercept made the best. */
FOR_LEVEL void ON(take_rows)(ON(loss_state) * s) {
    ON(sums) sums;
    s->b0 += ON(balance_rows)(&s->in->of, s->n, s->eta, s->slope, s->bend, &sums);
    s->value = sums.value;
}

/* A step to about the quadratic model's minimum, halved until it does not raise the objective: by
   how much that has fallen. */
FOR_LEVEL double ON(newton_step)(ON(loss_state) * s, double leave) {
    ON(bend_rows)(s);
    ON(copy)(s->p, s->last_b, s->b);
    ON(copy)(s->n, s->last_eta, s->eta);
    const double before = s->value + ON(penalty_of)(s, s->b), b0 = s->b0;
    ON(settle_columns)(s, leave);
    const double shift = s->in->of.intercept ? s->S / s->W : 0.0;
    for (int64_t i = 0; i < s->n; i++)
        s->tried[i] = shift - (s->slope[i] + s->r[i]) / s->w[i];
    double size = 1.0, reached = before;
    for (int halved = 0; halved <= HALVINGS && !*s->in->stop; halved++, size /= 2.0) {
        for (int64_t i = 0; i < s->n; i++) s->eta[i] = s->last_eta[i] + size * s->tried[i];
        s->b0 = b0 + size * shift;
        for (int64_t j = 0; halved && j < s->p; j++)
            s->b[j] = s->last_b[j] + (s->b[j] - s->last_b[j]) / 2.0;
        ON(take_rows)(s);
        reached = s->value + ON(penalty_of)(s, s->b);
        if (reached <= before + SEEMING * ON(size)(before)) return before - reached;
    }
    ON(copy)(s->p, s->b, s->last_b);
    ON(copy)(s->n, s->eta, s->last_eta);
    s->b0 = b0;
    ON(take_rows)(s);
    return 0.0;
}

/* ---------------------------------------------------------------------------- one strength */

/* Let columns through whose gradient is above so much of their penalty: how many there are. */
FOR_LEVEL int64_t ON(let_through_above)(ON(loss_state) * s, double share) {
    int64_t count = 0;
    for (int64_t j = 0; j < s->p; j++) {
        if (s->let_through[j]) continue;
        if (s->b[j] == 0.0 && !(ON(size)(s->g[j]) > share * s->a[j])) continue;
        s->let_through[j] = 1;
        s->strong[s->strong_count++] = j;
        count++;
    }
    return count;
}

/* The sum over the columns at slopes times `size`; large where the dual point is not feasible. */
FOR_LEVEL double ON(dual_terms)(const ON(loss_state) * s, double size) {
    double sum = 0.0;
    for (int64_t j = 0; j < s->p; j++) {
        const double G = size * s->g[j], excess = ON(above_zero)(ON(size)(G) - s->a[j]);
        if (!(s->c[j] > 0.0) && excess > FEASIBLE * s->a[j]) return INFEASIBLE;
        sum += s->a[j] * ON(size)(s->b[j]) + 0.5 * s->c[j] * s->b[j] * s->b[j] + G * s->b[j];
        if (s->c[j] > 0.0) sum += excess * excess / (2.0 * s->c[j]);
    }
    return sum;
}

FOR_LEVEL double ON(loss_gap)(const ON(loss_state) * s) {
    double shrink = 1.0;
    for (int64_t j = 0; j < s->p; j++)
        if (ON(size)(s->g[j]) * shrink > s->a[j]) shrink = s->a[j] / ON(size)(s->g[j]);
    const double whole = ON(dual_terms)(s, 1.0);
    if (whole <= s->enough || shrink == 1.0) return whole;
    const double conjugate = ON(conjugate_of_rows)(&s->in->of, s->n, s->slope, shrink);
    const double apart = s->value + conjugate - shrink * ON(dot)(s->n, s->slope, s->eta);
    const double shrunk = (apart < 0.0 ? 0.0 : apart) + ON(dual_terms)(s, shrink);
    return shrunk < whole ? shrunk : whole;
}

/* Linear predictors anew from the coefficients, as rounding adds up in what is updated. */
FOR_LEVEL void ON(renew_rows)(ON(loss_state) * s) {
    for (int64_t i = 0; i < s->n; i++) s->eta[i] = s->b0;
    for (int64_t j = 0; j < s->p && !*s->in->stop; j++)
        if (s->b[j] != 0.0) ON(column_add)(&s->in->x, j, s->b[j], s->eta);
    ON(take_rows)(s);
}

/* Look at all columns: gradients of L, and the gap, which has no meaning where it was stopped. */
FOR_LEVEL void ON(look_at_columns)(ON(loss_state) * s) {
    ON(renew_rows)(s);
    for (int64_t j = 0; j < s->p && !*s->in->stop; j++)
        s->g[j] = ON(column_dot)(&s->in->x, j, s->slope);
    if (!*s->in->stop) s->gap = ON(loss_gap)(s);
}

/* What sweeps may leave after a look at a gap that was too large, nearly no column lacking. */
FOR_LEVEL double ON(tighter)(const ON(loss_state) * s, double leave, double fallen) {
    const double reach = s->enough / s->gap, least = fallen < leave && fallen > 0.0 ? fallen : leave;
    return least * (reach > TIGHTER ? TIGHTER : reach < TIGHTEST ? TIGHTEST : reach);
}

/* Whether the gap was met. */
FOR_LEVEL int ON(solve_losses)(ON(loss_state) * s) {
    double leave = SHARE * FIRST * s->in->scale, before = INFEASIBLE;
    int idle = 0;
    s->sweeps = s->steps = 0;
    while (s->steps < s->in->most && ON(is_patient)(s)) {
        s->steps++;
        const double fallen = ON(newton_step)(s, leave);
        if (fallen > SOON * s->enough) {
            leave = SHARE * fallen;
            continue;
        }
        ON(look_at_columns)(s);
        if (*s->in->stop) return 0;
        if (s->gap <= s->enough) return 1;
        const int64_t lacking = ON(let_through_above)(s, 1.0);
        if (MANY * lacking < s->strong_count) leave = ON(tighter)(s, leave, fallen);
        idle = !lacking && s->gap > HARDLY * before ? idle + 1 : 0;
        if (idle == STUCK) return 0;
        before = s->gap;
    }
    return 0;
}

/* ------------------------------------------------------------------------------- the path */

FOR_LEVEL void ON(lay_out_losses)(ON(loss_state) * s, const enet_losses *in) {
    double **wide[LOSS_WIDE] = {&s->b, &s->last_b, &s->g, &s->a, &s->c, &s->square, &s->mean};
    double **tall[LOSS_TALL] = {&s->eta, &s->last_eta, &s->slope, &s->bend,
                                &s->w,   &s->r,        &s->tried};
    double *next = in->work + PAD;
    s->in = in;
    s->n = in->x.n;
    s->p = in->x.p;
    s->strong = in->index;
    s->active = in->index + s->p;
    s->let_through = in->index + 2 * s->p;
    s->known = in->index + 3 * s->p;
    for (int v = 0; v < LOSS_WIDE; v++, next += s->p + PAD) *wide[v] = next;
    for (int v = 0; v < LOSS_TALL; v++, next += s->n + PAD) *tall[v] = next;
}

/* Which columns the rules let through on the way from the last strength to this one. */
FOR_LEVEL void ON(screen_losses)(ON(loss_state) * s, int64_t at) {
    const double now = s->in->l1[at], before = at ? s->in->l1[at - 1] : s->in->before;
    const double fall = before > now ? before - now : 0.0;
    s->strong_count = 0;
    for (int64_t j = 0; j < s->p; j++) s->let_through[j] = 0;
    ON(let_through_above)(s, now > 0.0 ? (now - SLOPE * fall) / now : 1.0);
}

FOR_LEVEL int64_t ON(loss_path)(const enet_losses *in) {
    ON(loss_state) state, *s = &state;
    ON(lay_out_losses)(s, in);
    *in->solved = 0;
    s->b0 = in->start_intercept;
    for (int64_t j = 0; j < s->p; j++) s->b[j] = in->start ? in->start[j] : 0.0;
    for (int64_t at = 0; at < in->count; at++) {
        ON(set_strength)(s->p, in->l1[at], in->l2[at], in->factors, s->a, s->c);
        s->enough = in->kept[at] < 0 && in->rough > in->enough ? in->rough : in->enough;
        if (at == 0) ON(look_at_columns)(s);
        if (*in->stop) return 1;
        ON(screen_losses)(s, at);
        const int met = ON(solve_losses)(s);
        if (*in->stop) return 1;
        if (!met) return 0;
        const int64_t kept = in->kept[at];
        *in->solved = at + 1;
        if (kept < 0) continue;
        in->gaps[kept] = s->gap;
        in->steps[kept] = s->steps;
        in->intercepts[kept] = s->b0;
        ON(copy)(s->p, in->out + kept * s->p, s->b);
    }
    return 0;
}

#undef SLOPE
#undef SHARE
#undef TIGHTER
#undef TIGHTEST
#undef MANY
#undef FIRST
#undef SOON
#undef LEAST
#undef FEASIBLE
#undef HALVINGS
#undef SEEMING
#undef HARDLY
#undef STUCK
