/* What callers hand over. Sizes are in elements; arrays in C order, of doubles and 64-bit integers. */

#ifdef _WIN32
#define VISIBLE __declspec(dllexport)
#else
#define VISIBLE __attribute__((visibility("default")))
#endif

#define GRAM_VECTORS 16

typedef struct {
    int64_t p, count, most; /* columns, strengths, and sweeps or steps for one strength */
    int64_t exact;          /* whether tol is of u_j as a share of max |xy_j|, instead of a gap's of yy */
    const double *gram;     /* (p, p) */
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
    double *work;                 /* enet_gram_work(p) */
    int64_t *index;               /* 2 p */
    int64_t *memory; /* 2, or null: what work and index hold of an earlier call, 0 at first */
} enet_gram;
