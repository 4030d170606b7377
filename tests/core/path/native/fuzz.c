/* Random problems for all solvers: `fuzz FIRST COUNT [SHORT]`, with the runs FIRST to FIRST + COUNT - 1.

   Every array that the library is handed is an allocation of its own, of the exact size, and the
   gaps between the vectors of a workspace (PAD) are poisoned. SHORT names an array, by its field,
   that is one element too short in every run: the sanitiser must then end the program.

   A gap that claims to be within the tolerance is computed anew from the coefficients alone, as
   the difference of the primal and the dual objective in long doubles. Prints one line of JSON. */

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(start, size) ((void)(start), (void)(size))
#endif

#include "library.c"

#define MOST_HELD 256
#define CLOSE 1e-12L /* of yy, by which a recomputed gap may be above what was claimed */
#define DRIFT 1e-9L  /* the same of a gap that was updated along a path */

typedef struct {
    long runs, calls, strengths, claims, false_claims, drifted, beyond, open, undefined, stopped;
    double slowest;
} tally;

typedef struct {
    int64_t n, p;
    double *X, *y; /* (p, n) column after column, and (n,) */
    int odd;       /* whether it has what no data should have */
} table;

typedef struct {
    int64_t count;
    double *l1, *l2, *pull, *ridge, *lower, *upper; /* the last four may be null */
} penalty;

static tally found;
static const char *too_short = "";
static void *held[MOST_HELD];
static int held_count;
static volatile int32_t stop;

/* ----------------------------------------------------------------------------------- chance */

static uint64_t seed;

static double uniform(void) {
    uint64_t z = seed += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int chance(double share) { return uniform() < share; }
static int64_t below(int64_t n) { return (int64_t)(uniform() * (double)n); }
static double normal(void) {
    return sqrt(-2.0 * log(uniform() + 1e-300)) * cos(6.283185307179586 * uniform());
}
static double odd_value(void) {
    static const double odd[] = {NAN, INFINITY, -INFINITY, 1e300, -1e300, 1e-310, 1e160};
    return odd[below(7)];
}

/* ----------------------------------------------------------------------------------- arrays */

static void *keep(void *memory) {
    if (!memory || held_count == MOST_HELD) abort();
    return held[held_count++] = memory;
}

static double *doubles(int64_t n) { return keep(calloc((size_t)n + 1, sizeof(double))); }

static void let_go(void) {
    while (held_count) free(held[--held_count]);
}

static int64_t length(const char *name, int64_t count) {
    return count - (count > 0 && !strcmp(name, too_short));
}

/* An array as the library gets it: exactly as long as it must be, unless it is to be short. */
static void *exactly(const char *name, const void *from, int64_t count, size_t size) {
    const size_t bytes = (size_t)length(name, count) * size;
    void *to = keep(malloc(bytes));
    if (from) memcpy(to, from, bytes);
    return to;
}

static double *handed(const char *name, const double *from, int64_t count) {
    return from ? exactly(name, from, count, sizeof(double)) : 0;
}

static void poison(double *from, int64_t count) {
    ASAN_POISON_MEMORY_REGION(from, (size_t)count * sizeof(double));
}

static void unpoison(double *from, int64_t count) {
    ASAN_UNPOISON_MEMORY_REGION(from, (size_t)count * sizeof(double));
}

/* ---------------------------------------------------------------------------------- problems */

static double entry(const table *t, int kind, int64_t i, int64_t j, double common) {
    const double value = normal(), *before = t->X + (j - 1) * t->n + i;
    switch (kind) {
    case 1: return common + 0.02 * value;                      /* strongly correlated */
    case 2: return j % 2 ? *before : value;                    /* duplicates */
    case 3: return j % 3 == 1 ? 0.0 : j % 3 == 2 ? 2.5 : value; /* constant columns */
    case 4: return value * pow(10.0, (double)(j % 13) - 6.0);  /* badly scaled */
    case 5: return j % 3 == 2 ? *before + before[-t->n] : value; /* dependent */
    default: return value;
    }
}

static table make_table(int64_t p) {
    static const int64_t rows[] = {1, 2, 3, 7, 20, 60};
    table t = {rows[below(6)], p, 0, 0, 0};
    const int kind = (int)below(7);
    t.X = doubles(t.n * p);
    t.y = doubles(t.n);
    double *common = doubles(t.n);
    for (int64_t i = 0; i < t.n; i++) {
        common[i] = normal();
        t.y[i] = kind == 6 && chance(0.5) ? 0.0 : normal();
    }
    for (int64_t j = 0; j < p; j++)
        for (int64_t i = 0; i < t.n; i++) {
            t.X[j * t.n + i] = entry(&t, kind, i, j, common[i]);
            if (j < 4 && kind != 4) t.y[i] += t.X[j * t.n + i];
        }
    if (p && chance(0.1)) {
        t.odd = 1;
        if (chance(0.3)) t.y[below(t.n)] = odd_value();
        else t.X[below(t.n * p)] = odd_value();
    }
    return t;
}

static double *factors_of(int64_t p, int zeros) {
    double *factors = doubles(p);
    for (int64_t j = 0; j < p; j++) factors[j] = zeros && chance(0.2) ? 0.0 : 0.2 + 3.0 * uniform();
    return factors;
}

/* Falling strengths from above the largest of the pulls. */
static penalty make_penalty(int64_t p, double largest, int exact) {
    penalty made = {chance(0.05) ? 0 : 1 + below(12), 0, 0, 0, 0, 0, 0};
    const double share = chance(0.3) ? 0.0 : uniform(), fall = 0.3 + 0.68 * uniform();
    made.l1 = doubles(made.count);
    made.l2 = doubles(made.count);
    double now = 1.1 * (largest > 1e-6 && largest < 1e100 ? largest : 1.0);
    for (int64_t at = 0; at < made.count; at++) {
        made.l1[at] = now;
        made.l2[at] = share * now;
        if (chance(0.05)) now *= 1.0 - 1e-15;
        else if (!chance(0.1)) now *= fall;
    }
    if (chance(0.4)) made.pull = factors_of(p, exact);
    if (chance(0.4)) made.ridge = exact ? factors_of(p, 1) : made.pull;
    if (!chance(0.4)) return made;
    made.lower = doubles(p);
    made.upper = doubles(p);
    for (int64_t j = 0; j < p; j++) {
        made.lower[j] = chance(0.4) ? 0.0 : chance(0.5) ? -INFINITY : -uniform();
        made.upper[j] = chance(0.2) ? 0.0 : chance(0.5) ? INFINITY : uniform();
    }
    return made;
}

/* ------------------------------------------------------------------------------------ checks */

/* The primal less the dual objective. */
static long double gap_of(int64_t p, const double *b, const long double *g, const long double *a,
                          const long double *c, const double *lower, const double *upper,
                          long double squares) {
    long double reach = 0, sum = 0, ridge = 0, held_by_penalty = 0, pulled = 0;
    for (int64_t j = 0; j < p; j++) {
        const long double u = g[j] - c[j] * b[j];
        const double part = u > 0 ? fmax(b[j], 0.0) : fmax(-b[j], 0.0); /* of b, on the side of u */
        const int at_bound = lower && part >= (u > 0 ? upper[j] : -lower[j]);
        if (!at_bound && fabsl(u) > reach * a[j]) reach = fabsl(u) / a[j];
    }
    const long double s = reach > 1 ? 1 / reach : 1;
    for (int64_t j = 0; j < p; j++) {
        const long double v = s * (g[j] - c[j] * b[j]);
        ridge += c[j] * b[j] * b[j];
        held_by_penalty += a[j] * fabsl((long double)b[j]);
        pulled += b[j] * g[j];
        if (lower && v > a[j] && isfinite(upper[j])) sum += upper[j] * (v - a[j]);
        if (lower && -v > a[j] && isfinite(lower[j])) sum += -lower[j] * (-v - a[j]);
    }
    const long double primal = (squares + ridge) / 2 + held_by_penalty;
    const long double dual = s * (squares + pulled) - s * s * (squares + ridge) / 2 - sum;
    return primal - dual;
}

/* By how much a column may still gain, at most over all columns. */
static long double violation_of(int64_t p, const double *b, const long double *g,
                                const long double *a, const long double *c, const double *lower,
                                const double *upper) {
    long double most = 0;
    for (int64_t j = 0; j < p; j++) {
        const long double u = g[j] - c[j] * b[j];
        const long double up = u - (b[j] >= 0 ? a[j] : -a[j]), down = -u - (b[j] <= 0 ? a[j] : -a[j]);
        if (up > most && !(lower && b[j] >= upper[j])) most = up;
        if (down > most && !(lower && b[j] <= lower[j])) most = down;
    }
    return most;
}

static int within_bounds(int64_t p, const double *b, const double *lower, const double *upper) {
    for (int64_t j = 0; j < p; j++)
        if (!isfinite(b[j]) || (lower && (b[j] < lower[j] || b[j] > upper[j]))) return 0;
    return 1;
}

/* Whether a gap claims to be within the limit. */
static int claims(double gap, double limit) {
    found.strengths++;
    found.undefined += isnan(gap) != 0;
    found.open += gap > limit;
    found.claims += gap <= limit;
    return gap <= limit;
}

static void judge(long run, const char *what, long *count, long double gap, long double limit,
                  double said) {
    if (gap <= limit) return;
    if (++*count <= 5)
        fprintf(stderr, "run %ld, %s: %Lg above %Lg, said %g\n", run, what, gap, limit, said);
}

/* -------------------------------------------------------------------------------------- calls */

static void on_alarm(int number) {
    (void)number;
    stop = 1;
}

/* Call a solver; now and then it is stopped, before it begins or at any time. */
static int64_t call(int64_t (*solver)(const void *, int64_t), const void *problem, int64_t level) {
    const int hurried = chance(0.03);
    struct itimerval soon = {{0, 0}, {0, 1 + (long)below(300)}}, never = {{0, 0}, {0, 0}};
    stop = chance(0.02);
    if (hurried) setitimer(ITIMER_REAL, &soon, 0);
    const clock_t began = clock();
    const int64_t stopped = solver(problem, level);
    const double spent = (double)(clock() - began) / CLOCKS_PER_SEC;
    if (hurried) setitimer(ITIMER_REAL, &never, 0);
    stop = 0;
    if (spent > found.slowest) found.slowest = spent;
    found.calls++;
    found.stopped += stopped != 0;
    return stopped;
}

static int64_t by_gram(const void *problem, int64_t level) { return enet_gram_path(problem, level); }
static int64_t by_rows(const void *problem, int64_t level) { return enet_row_path(problem, level); }

/* ------------------------------------------------------------------------------- by the Gram */

static void check_gram(long run, const enet_gram *in, const penalty *pen, const double *said) {
    const int64_t p = in->p;
    long double *g = keep(calloc((size_t)p + 1, sizeof *g));
    long double *a = keep(calloc((size_t)p + 1, sizeof *a)), *c = keep(calloc((size_t)p + 1, sizeof *c));
    double largest = 0.0;
    for (int64_t j = 0; j < p; j++) largest = fabs(in->xy[j]) > largest ? fabs(in->xy[j]) : largest;
    const double limit = in->exact ? in->tol * largest : (in->tol + ROUNDING) * in->yy;
    const long double room = in->exact ? CLOSE * largest : CLOSE * in->yy;
    const long double drift = in->exact ? DRIFT * largest : DRIFT * in->yy;
    for (int64_t at = 0; at < in->count; at++) {
        const double *b = in->out + at * p;
        const int own = said[at] <= limit;
        if (!claims(in->gaps[at], limit) && !own) continue;
        found.beyond += !within_bounds(p, b, pen->lower, pen->upper);
        long double squares = in->yy;
        for (int64_t j = 0; j < p; j++) {
            g[j] = in->xy[j];
            for (int64_t l = 0; l < p; l++) g[j] -= (long double)in->gram[j * in->stride + l] * b[l];
            a[j] = (long double)pen->l1[at] * (pen->pull ? pen->pull[j] : 1.0);
            c[j] = (long double)pen->l2[at] * (pen->ridge ? pen->ridge[j] : 1.0);
            squares -= b[j] * (in->xy[j] + g[j]);
        }
        const long double gap =
            in->exact ? violation_of(p, b, g, a, c, pen->lower, pen->upper)
                      : gap_of(p, b, g, a, c, pen->lower, pen->upper, squares > 0 ? squares : 0);
        if (own) judge(run, "a Gram's path", &found.drifted, gap, 1.01L * limit + drift, said[at]);
        if (in->exact || !(in->gaps[at] <= limit)) continue;
        judge(run, "a Gram", &found.false_claims, gap, 1.01L * limit + room, in->gaps[at]);
    }
}

/* The cross products of the first p columns, within a buffer of which nothing else may be read. */
static void fill_gram(const table *t, double *gram, int64_t stride) {
    for (int64_t j = 0; j < t->p; j++)
        for (int64_t l = 0; l < t->p; l++) {
            double sum = 0.0;
            for (int64_t i = 0; i < t->n; i++) sum += t->X[j * t->n + i] * t->X[l * t->n + i];
            gram[j * stride + l] = sum / (double)t->n;
        }
}

/* Poison what lies behind the first p columns of a Gram, and behind the vectors of its workspace. */
static void fence_gram(double *gram, double *work, int64_t p, int64_t stride) {
    for (int64_t j = 0; j + 1 < p; j++) poison(gram + j * stride + p, stride - p);
    if (p < stride) poison(gram + p * stride, length("gram", stride * stride) - p * stride);
    poison(work + stride * stride, PAD);
    for (int v = 0; v < GRAM_VECTORS; v++) {
        double *vector = work + stride * stride + PAD + v * (stride + PAD);
        if (v < GRAM_VECTORS - 1) poison(vector + p, stride - p + PAD);
    }
}

static void run_gram(long run, int64_t level) {
    static const int64_t sizes[] = {0, 1, 2, 3, 4, 5, 8, 9, 17, 30, 48};
    const int64_t p = sizes[below(11)], grows = chance(0.4);
    const int64_t stride = p + (grows ? below(7) : 0), size = enet_gram_work(stride) - PAD;
    const int exact = chance(0.3), tight = chance(0.3);
    table t = make_table(p);
    double *whole = doubles(stride * stride), *xy = doubles(p), yy = 0.0, largest = 0.0;
    fill_gram(&t, whole, stride);
    for (int64_t i = 0; i < t.n; i++) yy += t.y[i] * t.y[i] / (double)t.n;
    for (int64_t j = 0; j < p; j++) {
        for (int64_t i = 0; i < t.n; i++) xy[j] += t.X[j * t.n + i] * t.y[i] / (double)t.n;
        largest = fabs(xy[j]) > largest ? fabs(xy[j]) : largest;
    }
    if (p && chance(0.05)) { /* not even a Gram: perhaps of negative curvature */
        whole[below(p) * (stride + 1)] = chance(0.5) ? -1.0 : odd_value();
        t.odd = 1;
    }
    double *gram = exactly("gram", whole, stride * stride, sizeof(double));
    double *work = exactly("work", 0, size, sizeof(double));
    int64_t *index = exactly("index", 0, 2 * stride, sizeof(int64_t));
    int64_t *memory = exactly("memory", 0, 2, sizeof(int64_t));
    memset(index, 0, (size_t)length("index", 2 * stride) * 8);
    memset(memory, 0, (size_t)length("memory", 2) * 8);
    const int64_t step = grows && p > 3 ? 1 + below(p) : p;
    const int base = held_count;
    for (int64_t columns = grows && p > 3 ? 1 + below(p) : p;; columns += step) {
        t.p = columns < p ? columns : p;
        penalty pen = make_penalty(t.p, largest, exact);
        double *start = doubles(t.p);
        for (int64_t j = 0; j < t.p; j++) {
            const double square = whole[j * (stride + 1)];
            start[j] = chance(0.5) ? 0.0 : normal() * (square > 0.0 ? sqrt(yy / square) : 1.0);
        }
        const int odd_start = t.p && chance(0.02);
        if (odd_start) start[below(t.p)] = odd_value();
        const int64_t a = pen.count;
        enet_gram in = {
            .p = t.p, .stride = stride, .count = a, .most = chance(0.1) ? below(3) : 1000,
            .exact = exact, .gram = gram, .xy = handed("xy", xy, t.p),
            .l1 = handed("l1", pen.l1, a), .l2 = handed("l2", pen.l2, a),
            .pull = handed("pull", pen.pull, t.p), .ridge = handed("ridge", pen.ridge, t.p),
            .lower = handed("lower", pen.lower, t.p), .upper = handed("upper", pen.upper, t.p),
            .start = chance(0.5) ? handed("start", start, t.p) : 0, .yy = yy,
            .tol = exact ? 1e-11 : tight ? 1e-14 : pow(10.0, -2.0 - 8.0 * uniform()), .stop = &stop,
            .out = exactly("out", 0, a * t.p, 8), .gaps = exactly("gaps", 0, a, 8),
            .sweeps = exactly("sweeps", 0, a, 8), .work = work, .index = index,
            .memory = grows ? memory : 0,
        };
        fence_gram(gram, work, t.p, stride);
        const int64_t stopped = call(by_gram, &in, level);
        double *products = doubles(a * t.p);
        for (int64_t m = 0; !stopped && m < a * t.p; m++)
            for (int64_t l = 0; l < t.p; l++)
                products[m] += gram[m % t.p * stride + l] * in.out[m / t.p * t.p + l];
        if (!stopped) {
            double *said = doubles(a);
            memcpy(said, in.gaps, (size_t)a * 8);
            in.products = handed("products", products, a * t.p);
            if (!exact) enet_gram_gaps(&in, level);
            if (!t.odd && !odd_start) check_gram(run, &in, &pen, said);
        }
        unpoison(gram, length("gram", stride * stride));
        unpoison(work, length("work", size));
        if (t.p == p) break;
        while (held_count > base) free(held[--held_count]);
    }
}

/* ------------------------------------------------------------------------------- by the rows */

typedef struct {
    double *unscale, *shift, *root, *target;
    int64_t *ends;
    int32_t *places;
    double *data;
    int64_t entries;
} columns;

/* What the library gets of a table: weighted, and perhaps sparse with entries in any order. */
static columns make_columns(const table *t, int sparse) {
    columns made = {doubles(t->p), doubles(t->p), chance(0.5) ? doubles(t->n) : 0, doubles(t->n), 0, 0, 0, 0};
    double total = 0.0;
    for (int64_t i = 0; made.root && i < t->n; i++) total += made.root[i] = chance(0.1) ? 0.0 : uniform() + 0.1;
    for (int64_t i = 0; made.root && i < t->n; i++)
        made.root[i] = total > 0.0 ? sqrt(made.root[i] * (double)t->n / total) : 1.0;
    for (int64_t i = 0; i < t->n; i++) made.target[i] = t->y[i] * (made.root ? made.root[i] : 1.0);
    const int shifted = chance(0.5), scaled = chance(0.5);
    made.data = doubles(t->n * t->p);
    made.places = keep(calloc((size_t)(t->n * t->p) + 1, sizeof(int32_t)));
    made.ends = keep(calloc((size_t)t->p + 1, sizeof(int64_t)));
    for (int64_t j = 0; j < t->p; j++) {
        made.unscale[j] = scaled ? pow(10.0, 2.0 * uniform() - 1.0) : 1.0;
        made.shift[j] = shifted ? normal() : 0.0;
        const int64_t first = made.entries, turn = below(t->n);
        for (int64_t m = 0; m < t->n; m++) {
            const int64_t i = (m + turn) % t->n;
            const double value = t->X[j * t->n + i] * (made.root ? made.root[i] : 1.0);
            if (sparse && t->X[j * t->n + i] == 0.0) continue;
            made.places[made.entries] = (int32_t)i;
            made.data[sparse ? made.entries : first + i] = value;
            made.entries++;
        }
        made.ends[j + 1] = made.entries;
    }
    return made;
}

static void check_rows(long run, const enet_rows *in, const table *t, const columns *cols,
                       const penalty *pen) {
    const int64_t n = t->n, p = t->p;
    long double *r = keep(calloc((size_t)n + 1, sizeof *r)), *g = keep(calloc((size_t)p + 1, sizeof *g));
    long double *a = keep(calloc((size_t)p + 1, sizeof *a)), *c = keep(calloc((size_t)p + 1, sizeof *c));
    long double yy = 0;
    for (int64_t i = 0; i < n; i++) yy += (long double)cols->target[i] * cols->target[i] / n;
    const double limit = (double)((in->tol + ROUNDING) * yy);
    for (int64_t at = 0; at < *in->solved; at++) {
        const int64_t kept = in->kept[at];
        if (kept < 0 || !claims(in->gaps[kept], limit)) continue;
        const double *b = in->out + kept * p;
        found.beyond += !within_bounds(p, b, pen->lower, pen->upper);
        long double squares = 0;
        for (int64_t i = 0; i < n; i++) {
            const long double v = cols->root ? cols->root[i] : 1.0;
            r[i] = cols->target[i];
            for (int64_t j = 0; j < p; j++)
                r[i] -= b[j] * v * ((long double)t->X[j * n + i] * cols->unscale[j] - cols->shift[j]);
            squares += r[i] * r[i] / n;
        }
        for (int64_t j = 0; j < p; j++) {
            g[j] = 0;
            for (int64_t i = 0; i < n; i++) {
                const long double v = cols->root ? cols->root[i] : 1.0;
                g[j] += v * ((long double)t->X[j * n + i] * cols->unscale[j] - cols->shift[j]) * r[i] / n;
            }
            a[j] = (long double)pen->l1[at] * (pen->pull ? pen->pull[j] : 1.0);
            c[j] = (long double)pen->l2[at] * (pen->pull ? pen->pull[j] : 1.0);
        }
        const long double gap = gap_of(p, b, g, a, c, pen->lower, pen->upper, squares);
        judge(run, "rows", &found.false_claims, gap, 1.01L * limit + DRIFT * yy, in->gaps[kept]);
    }
}

static void run_rows(long run, int64_t level) {
    static const int64_t sizes[] = {1, 2, 3, 8, 17, 50, 120};
    const int64_t p = sizes[below(7)];
    const int sparse = chance(0.5);
    table t = make_table(p);
    for (int64_t m = 0; sparse && m < t.n * p; m++)
        if (chance(0.8)) t.X[m] = 0.0;
    const columns cols = make_columns(&t, sparse);
    double largest = 0.0, *start = doubles(p);
    for (int64_t j = 0; j < p; j++) {
        double sum = 0.0;
        for (int64_t i = 0; i < t.n; i++) sum += t.X[j * t.n + i] * t.y[i] * cols.unscale[j] / (double)t.n;
        largest = fabs(sum) > largest ? fabs(sum) : largest;
        start[j] = chance(0.8) ? 0.0 : normal();
    }
    if (chance(0.02)) {
        start[below(p)] = odd_value();
        t.odd = 1;
    }
    const penalty pen = make_penalty(p, largest, 0);
    int64_t *kept = keep(calloc((size_t)pen.count + 1, sizeof(int64_t))), answers = 0;
    for (int64_t at = 0; at < pen.count; at++) kept[at] = chance(0.3) ? -1 : answers++;
    const int64_t size = enet_row_work(t.n, p) - PAD, a = pen.count;
    double *work = exactly("work", 0, size, sizeof(double));
    enet_rows in = {
        .x = {.n = t.n, .p = p, .data = handed("data", cols.data, cols.entries),
              .places = sparse ? exactly("places", cols.places, cols.entries, sizeof(int32_t)) : 0,
              .ends = sparse ? exactly("ends", cols.ends, p + 1, sizeof(int64_t)) : 0},
        .count = a, .most = chance(0.1) ? below(3) : 1000,
        .patience = chance(0.3) ? below(10) : 2000,
        .unscale = handed("unscale", cols.unscale, p), .shift = handed("shift", cols.shift, p),
        .root = handed("root", cols.root, t.n), .target = handed("target", cols.target, t.n),
        .l1 = handed("l1", pen.l1, a), .l2 = handed("l2", pen.l2, a),
        .factors = handed("factors", pen.pull, p), .lower = handed("lower", pen.lower, p),
        .upper = handed("upper", pen.upper, p), .start = chance(0.4) ? handed("start", start, p) : 0,
        .tol = pow(10.0, -2.0 - 10.0 * uniform()), .before = a && chance(0.8) ? pen.l1[0] * 1.2 : NAN,
        .stop = &stop, .kept = exactly("kept", kept, a, 8), .out = exactly("out", 0, answers * p, 8),
        .gaps = exactly("gaps", 0, answers, 8), .sweeps = exactly("sweeps", 0, answers, 8),
        .solved = exactly("solved", 0, 1, 8), .work = work, .index = exactly("index", 0, 3 * p, 8),
    };
    double *next = work;
    poison(next, PAD);
    next += PAD;
    for (int v = 0; v < ROW_WIDE; v++, next += p + PAD) poison(next + p, PAD);
    for (int v = 0; v < ROW_TALL; v++, next += t.n + PAD)
        if (v < ROW_TALL - 1) poison(next + t.n, PAD);
    const int64_t stopped = call(by_rows, &in, level);
    if (!stopped && !t.odd) check_rows(run, &in, &t, &cols, &pen);
    unpoison(work, length("work", size));
}

#include "fuzz_losses.h"

int main(int argc, char **argv) {
    if (argc < 3) return 2;
    const long first = atol(argv[1]), count = atol(argv[2]);
    const int64_t levels = enet_level() + 1;
    if (argc > 3) too_short = argv[3];
    signal(SIGALRM, on_alarm);
    for (long run = first; run < first + count; run++) {
        seed = (uint64_t)run * 0x2545f4914f6cdd1du + 1;
        const int64_t level = run / 4 % levels;
        if (run % 4 == 0) run_losses(run, level);
        else if (run % 4 == 2) (run % 8 == 2 ? run_passes : run_rows)(run, level);
        else run_gram(run, level);
        let_go();
        found.runs++;
    }
    printf("{\"runs\": %ld, \"levels\": %d, \"calls\": %ld, \"strengths\": %ld, \"claims\": %ld, "
           "\"false_claims\": %ld, \"drifted\": %ld, \"beyond\": %ld, \"open\": %ld, \"undefined\": %ld, "
           "\"stopped\": %ld, \"slowest\": %.4f}\n",
           found.runs, (int)levels, found.calls, found.strengths, found.claims, found.false_claims,
           found.drifted, found.beyond, found.open, found.undefined, found.stopped, found.slowest);
    return 0;
}
