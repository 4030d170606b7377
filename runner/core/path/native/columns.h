/* The columns of a table, dense or sparse, once per instruction set: see library.c. */

FOR_LEVEL int64_t ON(entries)(const enet_columns *x, int64_t j) {
    return x->places ? x->ends[j + 1] - x->ends[j] : x->n;
}

FOR_LEVEL const double *ON(values)(const enet_columns *x, int64_t j) {
    return x->data + (x->places ? x->ends[j] : j * x->n);
}

/* x_j'r */
FOR_LEVEL double ON(column_dot)(const enet_columns *x, int64_t j, const double *restrict r) {
    const double *restrict value = ON(values)(x, j);
    if (!x->places) return ON(dot)(x->n, value, r);
    const int32_t *restrict place = x->places + x->ends[j];
    const int64_t count = ON(entries)(x, j);
    double sum = 0.0;
    for (int64_t i = 0; i < count; i++) sum += value[i] * r[place[i]];
    return sum;
}

/* r += amount x_j */
FOR_LEVEL void ON(column_add)(const enet_columns *x, int64_t j, double amount, double *restrict r) {
    const double *restrict value = ON(values)(x, j);
    if (!x->places) {
        ON(subtract)(x->n, r, -amount, value);
        return;
    }
    const int32_t *restrict place = x->places + x->ends[j];
    const int64_t count = ON(entries)(x, j);
    for (int64_t i = 0; i < count; i++) r[place[i]] += amount * value[i];
}

/* r += amount w x_j, of sparse columns and rows with weights w */
FOR_LEVEL void ON(column_add_weighted)(const enet_columns *x, int64_t j, double amount,
                                       const double *restrict w, double *restrict r) {
    const double *restrict value = ON(values)(x, j);
    const int32_t *restrict place = x->places + x->ends[j];
    const int64_t count = ON(entries)(x, j);
    for (int64_t i = 0; i < count; i++) r[place[i]] += amount * (w[place[i]] * value[i]);
}

/* The sums of w x_j and of w x_j^2, likewise */
FOR_LEVEL void ON(column_moments)(const enet_columns *x, int64_t j, const double *restrict w,
                                  double *sum, double *squares) {
    const double *restrict value = ON(values)(x, j);
    const int32_t *restrict place = x->places + x->ends[j];
    const int64_t count = ON(entries)(x, j);
    double first = 0.0, second = 0.0;
    for (int64_t i = 0; i < count; i++) {
        const double weighted = w[place[i]] * value[i];
        first += weighted;
        second += weighted * value[i];
    }
    *sum = first;
    *squares = second;
}
