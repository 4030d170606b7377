/* Everything that is compiled once per instruction set. */
#include "vectors.h"
#include "gap.h"
#include "factor.h"
#include "gram_state.h"
#include "support.h"
#include "gram_path.c"
#include "row_path.c"
