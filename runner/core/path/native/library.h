/* What callers hand over. Sizes are in elements; arrays in C order, of doubles and 64-bit integers. */

#ifdef _WIN32
#define VISIBLE __declspec(dllexport)
#else
#define VISIBLE __attribute__((visibility("default")))
#endif

#define GRAM_VECTORS 18
#define ROW_WIDE 8
#define ROW_TALL 3
#define LOSS_WIDE 7
#define LOSS_TALL 7

typedef struct {
    int64_t p, stride;      /* columns, and from one row of gram to the next */
    int64_t count, most;    /* strengths, and sweeps or steps for one of them */
    int64_t exact;          /* whether tol is of u_j as a share of max |xy_j|, instead of a gap's of yy */
    const double *gram;     /* (p, p) of (stride, stride) */
    const double *xy;       /* (p,) */
    const double *l1, *l2;  /* (count,) */
    const double *pull, *ridge;  /* (p,), factors of l1 and of l2, or null for 1 */
    const double *lower, *upper; /* (p,), or both null */
    const double *start;         /* (p,), or null for 0 */
    double yy, tol;
    const volatile int32_t *stop; /* no longer 0 where the solver should give up */
    double *out;                  /* (count, p) */
    double *gaps;                 /* (count,) */
    int64_t *sweeps;              /* (count,) */
    const double *products;       /* (count, p), of out and gram, for enet_gram_gaps */
    double *work;                 /* enet_gram_work(stride) */
    int64_t *index;               /* 2 stride, 0 at first if memory is kept */
    int64_t *memory; /* 2, or null: what work and index hold of an earlier call, 0 at first */
} enet_gram;

typedef struct {
    int64_t n, p;          /* rows and columns */
    const double *data;    /* (p, n) column after column, or (nnz,) */
    const int32_t *places; /* (nnz,), the rows of entries, or null where they are dense */
    const int64_t *ends;   /* (p + 1,), where a sparse column begins, and the last ends */
} enet_columns;

enum { LOGISTIC, POISSON, GAMMA }; /* families, the last with the log link */

typedef struct {
    int64_t family, intercept; /* and whether there is an intercept */
    const double *share, *y;   /* (n,), of the rows; shares add up to 1 */
    const double *offset;      /* (n,), or null */
    double balance;            /* what slopes may add up to where there is an intercept */
} enet_outcome;

typedef struct {
    enet_columns x;        /* v x */
    int64_t count, most, patience; /* strengths, and sweeps for one of them */
    const double *unscale, *shift; /* (p,), 1 / s and m */
    const double *root;            /* (n,), v, or null for 1 */
    const double *target;          /* (n,), t */
    const double *l1, *l2;         /* (count,) */
    const double *factors;         /* (p,), positive, or null for 1 */
    const double *lower, *upper;   /* (p,), or both null */
    const double *start;           /* (p,), or null for 0 */
    double tol, before;            /* and the strength of `start` */
    const volatile int32_t *stop;
    const int64_t *kept; /* (count,), the row of out for each strength, or -1 */
    double *out;         /* (rows of out, p) */
    double *gaps;        /* (rows of out,) */
    int64_t *sweeps;     /* (rows of out,) */
    int64_t *solved;     /* 1, how many strengths, from the first, were solved */
    double *work;        /* enet_row_work(n, p) */
    int64_t *index;      /* 3 p */
} enet_rows;

typedef struct {
    enet_columns x;                /* dense */
    enet_outcome of;
    int64_t models;
    const double *vectors;         /* (models, p), coefficients */
    double *eta, *slope;           /* (models, n) */
    double *value, *shift;         /* (models,) */
    double *gradient;              /* (models, p) */
    double *work;                  /* n */
} enet_pass;

typedef struct {
    enet_columns x;                /* sparse */
    enet_outcome of;
    int64_t count, most, patience; /* strengths, and for one of them Newton's steps and sweeps */
    const double *l1, *l2;         /* (count,) */
    const double *factors;         /* (p,), positive, or null for 1 */
    const double *start;           /* (p,), or null for 0 */
    double start_intercept, before; /* beside start, and its strength */
    double enough, rough;          /* gaps: of the strengths that are kept, and of others */
    double scale;                  /* the null deviance */
    const volatile int32_t *stop;
    const int64_t *kept; /* (count,), the row of out for each strength, or -1 */
    double *out;         /* (rows of out, p) */
    double *intercepts;  /* (rows of out,) */
    double *gaps;        /* (rows of out,) */
    int64_t *steps;      /* (rows of out,) */
    int64_t *solved;     /* 1, how many strengths, from the first, were solved */
    double *work;        /* enet_loss_work(n, p) */
    int64_t *index;      /* 4 p */
} enet_losses;
