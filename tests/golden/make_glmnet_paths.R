# Writes tests/golden/glmnet_paths.csv and the data they are fitted to, glmnet_data.csv.
# Refresh from the repository's root:  Rscript tests/golden/make_glmnet_paths.R
#
# Data: R's own `swiss` (47 Swiss provinces, 1888; Fertility from five indicators), with
# made-up integer row weights. Columns are standardised here with the divisor n and the row weights,
# and y is centred, so that glmnet has nothing left to transform but its scaling of y.

suppressMessages(library(glmnet))

folder <- "tests/golden"
data(swiss)
X <- as.matrix(swiss[, -1])
y <- swiss$Fertility
weights <- rep(c(1, 2, 3), length.out = nrow(X))

write.csv(
  data.frame(swiss[, -1], Fertility = y, weight = weights),
  file.path(folder, "glmnet_data.csv"),
  row.names = FALSE
)

standardise <- function(values, w) {
  centred <- values - sum(w * values) / sum(w)
  centred / sqrt(sum(w * centred^2) / sum(w))
}

fit_case <- function(case, l1_ratio, w = rep(1, nrow(X)), factors = rep(1, ncol(X)), lower = -Inf) {
  Z <- apply(X, 2, standardise, w)
  centred <- y - sum(w * y) / sum(w)
  # glmnet divides y by its (weighted, divisor n) sd, solves for lambda / sd, and multiplies the
  # coefficients by sd. The L1 penalty comes out as lambda. The L2 penalty in the units of y is
  # lambda again, because (1 - l1_ratio) lambda / sd acts on coefficients / sd in an objective
  # over sd^2 as (1 - l1_ratio) lambda / sd. So dividing y by sd first, and alpha with it, leaves
  # nothing to chance: y has sd 1, and lambda is alpha.
  unit <- centred / sqrt(sum(w * centred^2) / sum(w))
  # glmnet rescales penalty factors to sum to p; these do so already.
  factors <- factors * ncol(X) / sum(factors)
  lambdas <- 10^seq(0, -3, length.out = 7)
  fit <- glmnet(
    Z, unit, family = "gaussian", alpha = l1_ratio, lambda = lambdas, weights = w,
    standardize = FALSE, intercept = FALSE, thresh = 1e-14, maxit = 1e7,
    penalty.factor = factors, lower.limits = lower
  )
  data.frame(
    case = case, l1_ratio = l1_ratio, alpha = rep(fit$lambda, each = ncol(X)),
    feature = rep(colnames(X), length(fit$lambda)), factor = rep(factors, length(fit$lambda)),
    coefficient = as.vector(as.matrix(fit$beta))
  )
}

paths <- rbind(
  fit_case("plain", 0),
  fit_case("plain", 0.2),
  fit_case("plain", 0.7),
  fit_case("plain", 1),
  fit_case("factors", 0.5, factors = c(0, 1, 2, 0.5, 1.5)),
  fit_case("positive", 0.5, lower = 0),
  fit_case("weights", 0.5, w = weights)
)
paths$coefficient <- format(paths$coefficient, digits = 12, trim = TRUE)
paths$alpha <- format(paths$alpha, digits = 17, trim = TRUE)
paths$factor <- format(paths$factor, digits = 17, trim = TRUE)
write.csv(paths, file.path(folder, "glmnet_paths.csv"), row.names = FALSE, quote = FALSE)
