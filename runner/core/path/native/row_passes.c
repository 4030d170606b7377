/* What the models of a likelihood with few columns need of all rows, pass by pass, of dense columns:
   linear predictors of several models, their losses, and the gradients that follow from the slopes.

   Rows are taken in blocks, of which four columns stay in a near cache while they meet two models at
   a time. BLAS, made for many vectors, takes twice as long for two or three. */

#define BLOCK 2048

/* y += the columns x, each n further on, times b, for two models at once */
FOR_LEVEL void ON(add_four_to_two)(int64_t size, int64_t n, const double *restrict x,
                                   const double *b, const double *c, double *restrict y,
                                   double *restrict z) {
    const double *restrict x1 = x + n, *restrict x2 = x1 + n, *restrict x3 = x2 + n;
    const double b0 = b[0], b1 = b[1], b2 = b[2], b3 = b[3];
    const double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    for (int64_t i = 0; i < size; i++) {
        y[i] += (b0 * x[i] + b1 * x1[i]) + (b2 * x2[i] + b3 * x3[i]);
        z[i] += (c0 * x[i] + c1 * x1[i]) + (c2 * x2[i] + c3 * x3[i]);
    }
}

/* What some rows of four columns add to the linear predictors of all models. */
FOR_LEVEL void ON(add_four_columns)(const enet_pass *in, int64_t j, int64_t first, int64_t size) {
    const int64_t n = in->x.n, p = in->x.p;
    const double *x = in->x.data + j * n + first;
    for (int64_t m = 0; m + 2 <= in->models; m += 2) {
        const double *b = in->vectors + m * p + j;
        double *eta = in->eta + m * n + first;
        ON(add_four_to_two)(size, n, x, b, b + p, eta, eta + n);
    }
    if (in->models % 2 == 0) return;
    const double *b = in->vectors + (in->models - 1) * p + j;
    const double minus[4] = {-b[0], -b[1], -b[2], -b[3]};
    double *eta = in->eta + (in->models - 1) * n + first;
    ON(subtract_four)(size, eta, minus, x, x + n, x + 2 * n, x + 3 * n);
}

FOR_LEVEL int64_t ON(predict)(const enet_pass *in) {
    const int64_t n = in->x.n, p = in->x.p;
    for (int64_t k = 0; k < in->models * n; k++) in->eta[k] = 0.0;
    for (int64_t first = 0; first < n; first += BLOCK) {
        const int64_t size = n - first < BLOCK ? n - first : BLOCK;
        int64_t j = 0;
        for (; j + 4 <= p; j += 4) ON(add_four_columns)(in, j, first, size);
        for (; j < p; j++)
            for (int64_t m = 0; m < in->models; m++)
                ON(subtract)(size, in->eta + m * n + first, -in->vectors[m * p + j],
                             in->x.data + j * n + first);
    }
    return 0;
}

/* to += the dots of r, and more += those of q, with the columns x */
FOR_LEVEL void ON(add_four_dots_of_two)(int64_t size, int64_t n, const double *restrict x,
                                        const double *restrict r, const double *restrict q,
                                        double *to, double *more) {
    const double *restrict x1 = x + n, *restrict x2 = x1 + n, *restrict x3 = x2 + n;
    double r0 = 0.0, r1 = 0.0, r2 = 0.0, r3 = 0.0, q0 = 0.0, q1 = 0.0, q2 = 0.0, q3 = 0.0;
    for (int64_t i = 0; i < size; i++) {
        r0 += r[i] * x[i];
        r1 += r[i] * x1[i];
        r2 += r[i] * x2[i];
        r3 += r[i] * x3[i];
        q0 += q[i] * x[i];
        q1 += q[i] * x1[i];
        q2 += q[i] * x2[i];
        q3 += q[i] * x3[i];
    }
    to[0] += r0;
    to[1] += r1;
    to[2] += r2;
    to[3] += r3;
    more[0] += q0;
    more[1] += q1;
    more[2] += q2;
    more[3] += q3;
}

/* What some rows add to the gradients of all models in four columns. */
FOR_LEVEL void ON(add_to_gradients)(const enet_pass *in, int64_t j, int64_t first, int64_t size) {
    const int64_t n = in->x.n, p = in->x.p;
    const double *x = in->x.data + j * n + first;
    for (int64_t m = 0; m + 2 <= in->models; m += 2) {
        const double *slope = in->slope + m * n + first;
        double *gradient = in->gradient + m * p + j;
        ON(add_four_dots_of_two)(size, n, x, slope, slope + n, gradient, gradient + p);
    }
    if (in->models % 2 == 0) return;
    const double *slope = in->slope + (in->models - 1) * n + first;
    double *gradient = in->gradient + (in->models - 1) * p + j;
    ON(add_four_dots)(size, gradient, slope, x, x + n, x + 2 * n, x + 3 * n);
}

FOR_LEVEL int64_t ON(gather)(const enet_pass *in) {
    const int64_t n = in->x.n, p = in->x.p;
    for (int64_t k = 0; k < in->models * p; k++) in->gradient[k] = 0.0;
    for (int64_t first = 0; first < n; first += BLOCK) {
        const int64_t size = n - first < BLOCK ? n - first : BLOCK;
        int64_t j = 0;
        for (; j + 4 <= p; j += 4) ON(add_to_gradients)(in, j, first, size);
        for (; j < p; j++)
            for (int64_t m = 0; m < in->models; m++)
                in->gradient[m * p + j] +=
                    ON(dot)(size, in->slope + m * n + first, in->x.data + j * n + first);
    }
    return 0;
}

/* Losses and slopes, the intercepts made the best: by how much each is to be moved. */
FOR_LEVEL int64_t ON(settle_rows)(const enet_pass *in) {
    const int64_t n = in->x.n;
    for (int64_t m = 0; m < in->models; m++) {
        ON(sums) sums;
        double *eta = in->eta + m * n, *slope = in->slope + m * n;
        in->shift[m] = ON(balance_rows)(&in->of, n, eta, slope, in->work, &sums);
        in->value[m] = sums.value;
    }
    return 0;
}

/* The conjugates of the losses, at the slopes. */
FOR_LEVEL int64_t ON(conjugates)(const enet_pass *in) {
    const int64_t n = in->x.n;
    for (int64_t m = 0; m < in->models; m++)
        in->value[m] = ON(conjugate_of_rows)(&in->of, n, in->slope + m * n, 1.0);
    return 0;
}

#undef BLOCK
