/* The Cholesky factor R of a Gram's support, kept while columns enter and leave.

   With A the k columns of the support in their order of entry and c the ridge of each as it was when
   the factor was made,

       R'R = G_AA + diag(c_A),      R upper triangular, row q at R + q ld.

   A column of which the others leave less than DEPENDENT of its square does not enter. */

#define R_(q, i) R[(q) * ld + (i)]

/* Row q of the factor, the rows above it being done; 0 if the column depends on those before. */
FOR_LEVEL int ON(eliminate)(double *R, int64_t ld, int64_t q, int64_t k, double whole) {
    double *own = &R_(q, q);
    int64_t m = 0;
    for (; m + 3 < q; m += 4) {
        const double a[4] = {R_(m, q), R_(m + 1, q), R_(m + 2, q), R_(m + 3, q)};
        ON(subtract_four)(k - q, own, a, &R_(m, q), &R_(m + 1, q), &R_(m + 2, q), &R_(m + 3, q));
    }
    for (; m < q; m++) ON(subtract)(k - q, own, R_(m, q), &R_(m, q));
    if (!(own[0] > DEPENDENT * whole)) return 0; /* of a NaN too */
    const double root = 1.0 / __builtin_sqrt(own[0]);
    for (int64_t i = 0; i < k - q; i++) own[i] *= root;
    return 1;
}

/* Factor the k columns in `act` anew; those that depend on others leave it. The new k, or -1 where
   it was stopped. */
FOR_LEVEL int64_t ON(factorise)(const double *gram, int64_t ld, const double *ridge, int64_t *act,
                                int64_t k, double *R, const volatile int32_t *stop) {
    int64_t q = 0;
    while (q < k) {
        if (*stop) return -1;
        const double *row = gram + act[q] * ld;
        for (int64_t i = q; i < k; i++) R_(q, i) = row[act[i]];
        R_(q, q) += ridge[act[q]];
        if (ON(eliminate)(R, ld, q, k, R_(q, q))) {
            q++;
            continue;
        }
        for (int64_t i = q; i < k - 1; i++) act[i] = act[i + 1];
        for (int64_t m = 0; m < q; m++)
            for (int64_t i = q; i < k - 1; i++) R_(m, i) = R_(m, i + 1);
        k--;
    }
    return k;
}

/* z = R'^-1 z, four rows at a time */
FOR_LEVEL void ON(solve_lower)(const double *restrict R, int64_t ld, int64_t k,
                               double *restrict z) {
    int64_t q = 0;
    for (; q + 3 < k; q += 4) {
        double t[4];
        t[0] = z[q] / R_(q, q);
        t[1] = (z[q + 1] - t[0] * R_(q, q + 1)) / R_(q + 1, q + 1);
        t[2] = (z[q + 2] - t[0] * R_(q, q + 2) - t[1] * R_(q + 1, q + 2)) / R_(q + 2, q + 2);
        t[3] = (z[q + 3] - t[0] * R_(q, q + 3) - t[1] * R_(q + 1, q + 3) -
                t[2] * R_(q + 2, q + 3)) / R_(q + 3, q + 3);
        for (int s = 0; s < 4; s++) z[q + s] = t[s];
        if (q + 4 < k)
            ON(subtract_four)(k - q - 4, z + q + 4, t, &R_(q, q + 4), &R_(q + 1, q + 4),
                              &R_(q + 2, q + 4), &R_(q + 3, q + 4));
    }
    for (; q < k; q++) {
        z[q] /= R_(q, q);
        if (q + 1 < k) ON(subtract)(k - q - 1, z + q + 1, z[q], &R_(q, q + 1));
    }
}

/* z = R^-1 z, four rows at a time */
FOR_LEVEL void ON(solve_upper)(const double *restrict R, int64_t ld, int64_t k,
                               double *restrict z) {
    int64_t q = k - 1;
    for (; q >= 3; q -= 4) {
        const int64_t left = k - q - 1;
        const double *r3 = R + q * ld + q + 1, *r2 = r3 - ld, *r1 = r2 - ld, *r0 = r1 - ld;
        const double *below = z + q + 1;
        double s0 = 0.0, s1 = 0.0, s2 = 0.0, s3 = 0.0;
        for (int64_t i = 0; i < left; i++) {
            const double v = below[i];
            s0 += r0[i] * v;
            s1 += r1[i] * v;
            s2 += r2[i] * v;
            s3 += r3[i] * v;
        }
        z[q] = (z[q] - s3) / R_(q, q);
        z[q - 1] = (z[q - 1] - s2 - R_(q - 1, q) * z[q]) / R_(q - 1, q - 1);
        z[q - 2] = (z[q - 2] - s1 - R_(q - 2, q) * z[q] - R_(q - 2, q - 1) * z[q - 1]) /
                   R_(q - 2, q - 2);
        z[q - 3] = (z[q - 3] - s0 - R_(q - 3, q) * z[q] - R_(q - 3, q - 1) * z[q - 1] -
                    R_(q - 3, q - 2) * z[q - 2]) / R_(q - 3, q - 3);
    }
    for (; q >= 0; q--) {
        const double rest = q + 1 < k ? ON(dot)(k - q - 1, &R_(q, q + 1), z + q + 1) : 0.0;
        z[q] = (z[q] - rest) / R_(q, q);
    }
}

/* Let column j enter as the last; 0 if it depends on the k there are. w holds k doubles. */
FOR_LEVEL int ON(append)(const double *gram, int64_t ld, double ridge, int64_t *act, int64_t k,
                         int64_t j, double *R, double *w) {
    const double *row = gram + j * ld;
    for (int64_t q = 0; q < k; q++) w[q] = row[act[q]];
    ON(solve_lower)(R, ld, k, w);
    const double whole = row[j] + ridge, left = whole - ON(dot)(k, w, w);
    if (!(left > DEPENDENT * whole)) return 0;
    for (int64_t q = 0; q < k; q++) R_(q, k) = w[q];
    R_(k, k) = __builtin_sqrt(left);
    act[k] = j;
    return 1;
}

/* Turn two rows so that the second begins with 0: Givens' rotation by cosine and sine. */
FOR_LEVEL void ON(rotate)(int64_t n, double *restrict to, const double *restrict from,
                          double *restrict x, double cosine, double sine) {
    for (int64_t i = 0; i < n; i++) {
        const double upper = from[i], lower = x[i];
        to[i] = cosine * upper + sine * lower;
        x[i] = cosine * lower - sine * upper;
    }
}

/* Take the r-th of k columns out: its row is a rank-1 update of those below. w holds k doubles. */
FOR_LEVEL void ON(withdraw)(int64_t *act, int64_t k, int64_t r, double *R, int64_t ld, double *w) {
    for (int64_t i = r + 1; i < k; i++) {
        w[i - 1] = R_(r, i);
        act[i - 1] = act[i];
    }
    for (int64_t q = 0; q < r; q++)
        for (int64_t i = r; i < k - 1; i++) R_(q, i) = R_(q, i + 1);
    for (int64_t q = r; q < k - 1; q++) {
        const double d = R_(q + 1, q + 1), e = w[q], root = __builtin_sqrt(d * d + e * e);
        R_(q, q) = root;
        if (q + 2 < k)
            ON(rotate)(k - q - 2, &R_(q, q + 1), &R_(q + 1, q + 2), w + q + 1, d / root, e / root);
    }
}

#undef R_
