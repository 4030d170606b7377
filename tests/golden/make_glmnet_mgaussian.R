# Writes tests/golden/glmnet_mgaussian.csv and the data they are fitted to,
# glmnet_mgaussian_data.csv.
# Refresh from the repository's root:  Rscript tests/golden/make_glmnet_mgaussian.R
#
# Data: R's own `mtcars` (32 cars of 1973), the columns standardised here with the divisor n and the
# row weights, so that glmnet has nothing left to transform. Targets: mpg, qsec and carb, in their own
# units, as glmnet's default standardize.response = FALSE leaves them. Weights are made up.
#
# glmnet rescales penalty factors to sum to p: those given here do so already.

suppressMessages(library(glmnet))

folder <- "tests/golden"
data(mtcars)
X <- as.matrix(mtcars[, c("disp", "hp", "drat", "wt", "vs", "gear")])
Y <- as.matrix(mtcars[, c("mpg", "qsec", "carb")])
n <- nrow(X)
p <- ncol(X)
weights <- rep(c(1, 2, 3), length.out = n)
none <- rep(1, p)
factors <- c(0, 1, 2, 0.5, 1.5, 1)
glmnet.control(fdev = 0, devmax = 1)

write.csv(
  data.frame(X, Y, weight = weights),
  file.path(folder, "glmnet_mgaussian_data.csv"), row.names = FALSE
)

standardise <- function(values, w) {
  centred <- values - sum(w * values) / sum(w)
  centred / sqrt(sum(w * centred^2) / sum(w))
}

fit_case <- function(case, l1_ratio, w = rep(1, n), factors = none) {
  Z <- apply(X, 2, standardise, w)
  lambdas <- c(3, 1, 0.3, 0.1)
  fit <- glmnet(
    Z, Y, family = "mgaussian", alpha = l1_ratio, lambda = lambdas, weights = w,
    standardize = FALSE, standardize.response = FALSE, thresh = 1e-16, maxit = 1e8,
    penalty.factor = factors
  )
  stopifnot(fit$jerr == 0, length(fit$lambda) == 4)
  rows <- lapply(colnames(Y), function(target) {
    B <- rbind(intercept = fit$a0[target, ], as.matrix(fit$beta[[target]]))
    data.frame(
      case = case, l1_ratio = l1_ratio, response = target,
      alpha = rep(fit$lambda, each = p + 1), feature = rep(rownames(B), 4),
      factor = rep(c(0, factors), 4), coefficient = as.vector(B),
      null_deviance = fit$nulldev / sum(w)
    )
  })
  do.call(rbind, rows)
}

paths <- rbind(
  fit_case("plain", 1),
  fit_case("plain", 0.5),
  fit_case("plain", 0),
  fit_case("weights", 0.5, w = weights),
  fit_case("factors", 1, factors = factors),
  fit_case("factors", 0.5, factors = factors)
)
paths$coefficient <- format(paths$coefficient, digits = 12, trim = TRUE)
paths$null_deviance <- format(paths$null_deviance, digits = 12, trim = TRUE)
write.csv(paths, file.path(folder, "glmnet_mgaussian.csv"), row.names = FALSE, quote = FALSE)
