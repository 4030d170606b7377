# Writes tests/golden/glmnet_rules.csv: glmnet's coefficients with penalty factors and limits.
# Refresh from the repository's root:  Rscript tests/golden/make_glmnet_rules.R
#
# Data: glmnet_data.csv (see make_glmnet_paths.R), the target standardised with the divisor n and the
# row weights, because glmnet divides the L2 term by the target's standard deviation. Features are as
# they are: glmnet standardises them, and its limits are those of coefficients in their own units.
# glmnet rescales penalty factors to sum to the number of features, so that its lambda is
# alpha * mean(factors).

suppressMessages(library(glmnet))

folder <- "tests/golden"
table <- read.csv(file.path(folder, "glmnet_data.csv"))
X <- as.matrix(table[, 1:5])
names <- colnames(X)
none <- rep(1, ncol(X))

fit_case <- function(case, l1_ratio, factors = none, low = -Inf * none, high = Inf * none,
                     w = rep(1, nrow(X))) {
  centred <- table$Fertility - sum(w * table$Fertility) / sum(w)
  unit <- centred / sqrt(sum(w * centred^2) / sum(w))
  alphas <- c(0.3, 0.1, 0.01)
  fit <- glmnet(
    X, unit, family = "gaussian", alpha = l1_ratio, lambda = alphas * mean(factors), weights = w,
    standardize = TRUE, thresh = 1e-14, maxit = 1e7, penalty.factor = factors,
    lower.limits = low, upper.limits = high
  )
  data.frame(
    case = case, l1_ratio = l1_ratio, alpha = rep(alphas, each = 6),
    feature = rep(c("(intercept)", names), 3),
    factor = rep(c(NA, factors), 3), low = rep(c(NA, low), 3), high = rep(c(NA, high), 3),
    coefficient = as.vector(rbind(fit$a0, as.matrix(fit$beta)))
  )
}

# Agriculture, Examination, Education, Catholic, Infant.Mortality
factors <- c(0, 1, 2, 0.5, 1.5)
low <- c(-0.003, -0.01, -Inf, 0, 0)
high <- c(0, Inf, 0, 0.002, 0.05)
weights <- rep(c(1, 2, 3), length.out = nrow(X))

rules <- rbind(
  fit_case("factors", 1, factors),
  fit_case("factors", 0.4, factors),
  fit_case("limits", 1, none, low, high),
  fit_case("limits", 0.4, none, low, high),
  fit_case("both", 1, factors, low, high),
  fit_case("both", 0.4, factors, low, high),
  fit_case("weights", 0.4, factors, low, high, weights)
)
rules$coefficient <- format(rules$coefficient, digits = 12, trim = TRUE)
write.csv(rules, file.path(folder, "glmnet_rules.csv"), row.names = FALSE, quote = FALSE)
