# Writes tests/golden/glmnet_families.csv and the data they are fitted to, glmnet_families_data.csv.
# Refresh from the repository's root:  Rscript tests/golden/make_glmnet_families.R
#
# Data: R's own `mtcars` (32 cars of 1973), the columns standardised here with the divisor n and the
# row weights, so that glmnet has nothing left to transform. Targets: am (two classes), gear (three,
# of every fourth row the next one: as they are, a line parts them, where glmnet's thresh leaves
# 1e-5), carb (counts), disp (amounts), qsec as a time whose event was seen where `seen`; its ties are
# from rounding to whole seconds. Weights and offset are made up.
#
# glmnet rescales penalty factors to sum to p: those given here do so already. It stops early on
# separable data unless told not to (fdev = 0, devmax = 1). Its thresh of 1e-14 leaves 2e-6 in the
# multinomial coefficients, which are therefore taken at 1e-17.

suppressMessages({library(glmnet); library(survival)})

folder <- "tests/golden"
data(mtcars)
X <- as.matrix(mtcars[, c("mpg", "hp", "drat", "wt", "vs")])
n <- nrow(X)
p <- ncol(X)
weights <- rep(c(1, 2, 3), length.out = n)
offset <- rep(c(-0.5, 0.2, 0.3, 0), length.out = n)
time <- round(mtcars$qsec)
seen <- rep(c(1, 1, 0), length.out = n)
gear <- (mtcars$gear - 3 + (seq_len(n) %% 4 == 0)) %% 3
factors <- c(0, 1, 2, 0.5, 1.5)
none <- rep(1, p)
glmnet.control(fdev = 0, devmax = 1, mnlam = 100, epsnr = 1e-15, mxitnr = 500)

write.csv(
  data.frame(
    X, binomial = mtcars$am, multinomial = gear, poisson = mtcars$carb,
    gamma = mtcars$disp, cox = time, seen = seen, weight = weights, offset = offset
  ),
  file.path(folder, "glmnet_families_data.csv"), row.names = FALSE
)

targets <- list(
  binomial = mtcars$am, multinomial = factor(gear), poisson = mtcars$carb,
  gamma = mtcars$disp, cox = Surv(time, seen)
)

standardise <- function(values, w) {
  centred <- values - sum(w * values) / sum(w)
  centred / sqrt(sum(w * centred^2) / sum(w))
}

fit_case <- function(family, case, l1_ratio, w = rep(1, n), factors = none, o = NULL,
                     lower = -Inf, upper = Inf) {
  Z <- apply(X, 2, standardise, w)
  lambdas <- c(0.3, 0.1, 0.03, 0.01)
  if (family == "multinomial" && !is.null(o)) o <- cbind(o, -o, 0)
  fit <- glmnet(
    Z, targets[[family]], family = if (family == "gamma") Gamma(link = "log") else family,
    alpha = l1_ratio, lambda = lambdas, weights = w, offset = o, standardize = FALSE,
    thresh = if (family == "multinomial") 1e-17 else 1e-14, maxit = 1e8, penalty.factor = factors,
    lower.limits = lower, upper.limits = upper
  )
  stopifnot(fit$jerr == 0, length(fit$lambda) == 4)
  betas <- if (family == "multinomial") fit$beta else list(fit$beta)
  starts <- if (family == "multinomial") fit$a0 else matrix(if (family == "cox") 0 else fit$a0, 1, 4)
  rows <- lapply(seq_along(betas), function(k) {
    B <- rbind(intercept = starts[k, ], as.matrix(betas[[k]]))
    data.frame(
      family = family, case = case, l1_ratio = l1_ratio, response = k - 1,
      alpha = rep(fit$lambda, each = p + 1), feature = rep(rownames(B), 4),
      factor = rep(c(0, factors), 4), coefficient = as.vector(B), null_deviance = fit$nulldev / sum(w)
    )
  })
  do.call(rbind, rows)
}

paths <- do.call(rbind, lapply(names(targets), function(family) {
  rbind(
    fit_case(family, "plain", 0.5),
    fit_case(family, "plain", 1),
    fit_case(family, "ridge", 0),
    fit_case(family, "weights", 0.5, w = weights),
    fit_case(family, "offset", 0.5, o = offset),
    fit_case(family, "factors", 0.5, factors = factors),
    fit_case(family, "limits", 0.5, lower = -0.1, upper = 0.2)
  )
}))
# without a penalty: survival's own coxph, and its null deviance above the saturated likelihood
unpenalised <- coxph(Surv(time, seen) ~ apply(X, 2, standardise, rep(1, n)), ties = "breslow",
                     control = coxph.control(eps = 1e-14, iter.max = 100))
died <- table(time[seen == 1])
paths <- rbind(paths, data.frame(
  family = "cox", case = "coxph", l1_ratio = 0, response = 0, alpha = 0,
  feature = c("intercept", colnames(X)), factor = c(0, none), coefficient = c(0, coef(unpenalised)),
  null_deviance = 2 * (-sum(died * log(died)) - unpenalised$loglik[1]) / n, row.names = NULL
))
paths$coefficient <- format(paths$coefficient, digits = 12, trim = TRUE)
paths$null_deviance <- format(paths$null_deviance, digits = 12, trim = TRUE)
write.csv(paths, file.path(folder, "glmnet_families.csv"), row.names = FALSE, quote = FALSE)
