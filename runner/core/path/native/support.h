/* The support of a path by cross products: which columns are inside, and the minimum over them; the
   letters are those of gram_path.c. */

/* -------------------------------------------------------------------------- who is inside */

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
