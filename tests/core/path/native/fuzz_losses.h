/* Random likelihoods for fuzz.c: paths by sparse rows, and passes over dense ones. */

typedef struct {
    double *share, *y, *offset;
    int64_t family, intercept;
} outcome;

/* Targets of a family, some rows without a share. */
static outcome make_outcome(const table *t) {
    outcome made = {doubles(t->n), doubles(t->n), chance(0.4) ? doubles(t->n) : 0, below(3), chance(0.8)};
    double total = 0.0;
    for (int64_t i = 0; i < t->n; i++) {
        const double part = t->odd ? normal() : tanh(t->y[i]);
        made.y[i] = made.family == GAMMA     ? exp(part + 0.3 * normal())
                    : made.family == POISSON ? floor(exp(1.0 + part))
                                             : (double)(part + normal() > 0.0);
        total += made.share[i] = chance(0.1) ? 0.0 : uniform() + 0.1;
        if (made.offset) made.offset[i] = 0.3 * normal();
    }
    for (int64_t i = 0; total > 0.0 && i < t->n; i++) made.share[i] /= total;
    if (t->odd && chance(0.5)) made.y[below(t->n)] = odd_value();
    return made;
}

typedef struct {
    long double loss, slope, bend;
} exact;

static exact exactly_of(int64_t family, long double y, long double eta) {
    const long double e = expl(family == POISSON ? eta : -eta);
    if (family == POISSON) return (exact){e - y * eta, e - y, e};
    if (family == GAMMA) return (exact){y * e + eta, 1 - y * e, y * e};
    const long double p = 1 / (1 + e);
    return (exact){(eta > 0 ? eta : 0) - y * eta + log1pl(expl(-fabsl(eta))), p - y, p * (1 - p)};
}

static long double times_log(long double x) { return x > 0 ? x * logl(x) : 0; }

static long double conjugate_of(int64_t family, long double y, long double slope) {
    if (family == GAMMA) {
        const long double part = slope < 1 ? 1 - slope : 0;
        return times_log(part) - part * logl(y) - part;
    }
    const long double mean = y + slope > 0 ? y + slope : 0;
    if (family == POISSON) return times_log(mean) - mean;
    return times_log(mean) + times_log(mean < 1 ? 1 - mean : 0);
}

static long double sum_of_rows(const outcome *of, int64_t n, const long double *eta, long double *u,
                               long double *bends) {
    long double value = 0;
    *bends = 0;
    for (int64_t i = 0; i < n; i++) {
        const exact row = exactly_of(of->family, of->y[i], eta[i] + (of->offset ? of->offset[i] : 0));
        value += of->share[i] * row.loss;
        u[i] = of->share[i] * row.slope;
        *bends += of->share[i] * row.bend;
    }
    return value;
}

/* The gap with slopes times s, the intercept the best. */
static long double loss_gap_of(const outcome *of, const table *t, const double *b, double b0,
                               const penalty *pen, int64_t at) {
    long double *eta = keep(calloc((size_t)t->n + 1, sizeof *eta)), *u = keep(calloc((size_t)t->n + 1, sizeof *u));
    long double *G = keep(calloc((size_t)t->p + 1, sizeof *G)), value = 0, bends, s = 1, sum = 0;
    for (int64_t i = 0; i < t->n; i++) {
        eta[i] = b0;
        for (int64_t j = 0; j < t->p; j++) eta[i] += (long double)t->X[j * t->n + i] * b[j];
    }
    for (int step = 0; step < 30; step++) {
        long double slopes = 0;
        value = sum_of_rows(of, t->n, eta, u, &bends);
        for (int64_t i = 0; i < t->n; i++) slopes += u[i];
        if (!of->intercept || !(bends > 0)) break;
        for (int64_t i = 0; i < t->n; i++) eta[i] -= slopes / bends;
    }
    for (int64_t j = 0; j < t->p; j++) {
        for (int64_t i = 0; i < t->n; i++) G[j] += t->X[j * t->n + i] * u[i];
        const long double a = (long double)pen->l1[at] * (pen->pull ? pen->pull[j] : 1.0);
        if (fabsl(G[j]) > a && a / fabsl(G[j]) < s) s = a / fabsl(G[j]);
    }
    for (int scaled = 0; scaled < 2; scaled++) {
        const long double size = scaled ? s : 1;
        long double gap = value;
        for (int64_t i = 0; i < t->n; i++) {
            if (!(of->share[i] > 0)) continue;
            gap += of->share[i] * conjugate_of(of->family, of->y[i], size * u[i] / of->share[i]);
            gap -= size * u[i] * (eta[i] + (of->offset ? of->offset[i] : 0));
        }
        for (int64_t j = 0; j < t->p; j++) {
            const long double f = pen->pull ? pen->pull[j] : 1.0, a = pen->l1[at] * f, c = pen->l2[at] * f;
            const long double excess = fabsl(size * G[j]) > a ? fabsl(size * G[j]) - a : 0;
            gap += a * fabsl(b[j]) + c * b[j] * b[j] / 2 + size * G[j] * b[j];
            if (excess > 0) gap += c > 0 ? excess * excess / (2 * c) : excess > 1e-15L * a ? INFINITY : 0;
        }
        if (!scaled || gap < sum) sum = gap;
    }
    return sum;
}

static int64_t by_losses(const void *problem, int64_t level) { return enet_loss_path(problem, level); }

static void run_losses(long run, int64_t level) {
    static const int64_t sizes[] = {1, 2, 3, 8, 17, 50};
    const int64_t p = sizes[below(6)];
    table t = make_table(p);
    for (int64_t m = 0; m < t.n * p; m++) t.X[m] = chance(0.6) ? 0.0 : t.odd ? t.X[m] : tanh(t.X[m]);
    int32_t *places = keep(calloc((size_t)(t.n * p) + 1, sizeof(int32_t)));
    int64_t *ends = keep(calloc((size_t)p + 1, sizeof(int64_t))), entries = 0;
    double *data = doubles(t.n * p), *start = doubles(p), scale = 0.0;
    for (int64_t j = 0; j < p; j++) {
        for (int64_t i = 0; i < t.n; i++) {
            if (t.X[j * t.n + i] == 0.0) continue;
            places[entries] = (int32_t)i;
            data[entries++] = t.X[j * t.n + i];
        }
        ends[j + 1] = entries;
        start[j] = chance(0.8) ? 0.0 : 0.3 * normal();
    }
    const outcome of = make_outcome(&t);
    for (int64_t i = 0; i < t.n; i++) scale += of.share[i] * fabs(of.y[i]);
    const penalty pen = make_penalty(p, 0.5 * scale, 0);
    int64_t *kept = keep(calloc((size_t)pen.count + 1, sizeof(int64_t))), answers = 0;
    for (int64_t at = 0; at < pen.count; at++) kept[at] = chance(0.3) ? -1 : answers++;
    const int64_t size = enet_loss_work(t.n, p) - PAD, a = pen.count;
    double *work = exactly("work", 0, size, sizeof(double));
    enet_losses in = {
        .x = {.n = t.n, .p = p, .data = handed("data", data, entries),
              .places = exactly("places", places, entries, sizeof(int32_t)),
              .ends = exactly("ends", ends, p + 1, sizeof(int64_t))},
        .of = {.family = of.family, .intercept = of.intercept, .balance = 1e-12 * scale,
               .share = handed("share", of.share, t.n), .y = handed("y", of.y, t.n),
               .offset = handed("offset", of.offset, t.n)},
        .count = a, .most = chance(0.1) ? below(3) : 100, .patience = chance(0.3) ? below(10) : 2000,
        .l1 = handed("l1", pen.l1, a), .l2 = handed("l2", pen.l2, a),
        .factors = handed("factors", pen.pull, p), .start = chance(0.4) ? handed("start", start, p) : 0,
        .start_intercept = normal(), .before = a && chance(0.8) ? pen.l1[0] * 1.2 : NAN,
        .enough = pow(10.0, -2.0 - 8.0 * uniform()) * scale, .rough = chance(0.5) ? 1e-3 * scale : 0.0,
        .scale = scale, .stop = &stop, .kept = exactly("kept", kept, a, 8),
        .out = exactly("out", 0, answers * p, 8), .intercepts = exactly("intercepts", 0, answers, 8),
        .gaps = exactly("gaps", 0, answers, 8), .steps = exactly("steps", 0, answers, 8),
        .solved = exactly("solved", 0, 1, 8), .work = work, .index = exactly("index", 0, 4 * p, 8),
    };
    double *next = work;
    poison(next, PAD);
    next += PAD;
    for (int v = 0; v < LOSS_WIDE; v++, next += p + PAD) poison(next + p, PAD);
    for (int v = 0; v < LOSS_TALL; v++, next += t.n + PAD)
        if (v < LOSS_TALL - 1) poison(next + t.n, PAD);
    const int64_t stopped = call(by_losses, &in, level);
    unpoison(work, length("work", size));
    for (int64_t at = 0; !stopped && !t.odd && at < *in.solved; at++) {
        if (kept[at] < 0 || !claims(in.gaps[kept[at]], in.enough)) continue;
        const double *b = in.out + kept[at] * p;
        found.beyond += !within_bounds(p, b, 0, 0);
        const long double gap = loss_gap_of(&of, &t, b, in.intercepts[kept[at]], &pen, at);
        judge(run, "losses", &found.false_claims, gap, 1.01L * in.enough + DRIFT * scale + 1e-17L, in.gaps[kept[at]]);
    }
}

static int64_t predicting(const void *pass, int64_t level) { return enet_predict(pass, level); }
static int64_t settling(const void *pass, int64_t level) { return enet_settle(pass, level); }
static int64_t gathering(const void *pass, int64_t level) { return enet_gather(pass, level); }
static int64_t conjugating(const void *pass, int64_t level) { return enet_conjugate(pass, level); }

static void close_to(long run, const char *what, long double is, long double should, long double scale) {
    judge(run, what, &found.false_claims, fabsl(is - should), 1e-11L * (1 + scale), (double)is);
}

static void run_passes(long run, int64_t level) {
    const int64_t p = 1 + below(9), models = 1 + below(5);
    table t = make_table(p);
    const outcome of = make_outcome(&t);
    double *b = doubles(models * p);
    for (int64_t k = 0; k < models * p; k++) b[k] = 0.3 * normal();
    const enet_pass in = {
        .x = {.n = t.n, .p = p, .data = handed("data", t.X, t.n * p)},
        .of = {.family = of.family, .intercept = 0, .share = handed("share", of.share, t.n),
               .y = handed("y", of.y, t.n), .offset = handed("offset", of.offset, t.n)},
        .models = models, .vectors = handed("vectors", b, models * p),
        .eta = exactly("eta", 0, models * t.n, 8), .slope = exactly("slope", 0, models * t.n, 8),
        .value = exactly("value", 0, models, 8), .shift = exactly("shift", 0, models, 8),
        .gradient = exactly("gradient", 0, models * p, 8), .work = exactly("work", 0, t.n, 8),
    };
    call(predicting, &in, level);
    call(settling, &in, level);
    call(gathering, &in, level);
    for (int64_t m = 0; !t.odd && m < models; m++) {
        long double *eta = keep(calloc((size_t)t.n + 1, sizeof *eta)), *u = keep(calloc((size_t)t.n + 1, sizeof *u));
        long double bends, size = 0, far = 0;
        for (int64_t i = 0; i < t.n; i++) {
            for (int64_t j = 0; j < p; j++) eta[i] += (long double)t.X[j * t.n + i] * b[m * p + j];
            far = fabsl(eta[i]) > far ? fabsl(eta[i]) : far;
        }
        if (far > 30) continue; /* exponents magnify the rounding of predictors */
        const long double value = sum_of_rows(&of, t.n, eta, u, &bends);
        for (int64_t i = 0; i < t.n; i++) {
            close_to(run, "a predictor", in.eta[m * t.n + i], eta[i], far);
            close_to(run, "a slope", in.slope[m * t.n + i], u[i], expl(far + 2));
        }
        close_to(run, "losses of rows", in.value[m], value, expl(far + 2));
        for (int64_t j = 0; j < p; j++) {
            long double G = 0;
            for (int64_t i = 0; i < t.n; i++) {
                G += t.X[j * t.n + i] * u[i];
                size += fabsl(t.X[j * t.n + i] * u[i]);
            }
            close_to(run, "a gradient", in.gradient[m * p + j], G, size + expl(far + 2) * fabsl(G));
        }
    }
    call(conjugating, &in, level);
}
