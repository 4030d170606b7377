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
