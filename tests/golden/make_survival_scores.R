# Writes tests/golden/survival_scores_{data,folds,models}.csv: scores of log hazards.
# Refresh from the repository's root:  Rscript tests/golden/make_survival_scores.R
#
# Data: survival's `lung` (complete rows), times in months so that many are tied, with made-up
# integer weights. `folds` has the coefficients of glmnet's fits to each fold's training rows and the
# folds' deviances: cv.glmnet's with grouped=TRUE, of which only the mean over folds is kept by
# cv.glmnet itself (`cvm`), and the same with weights, not standardised. `models` has scores of a few
# linear predictors, rounded so that some are equal, on all rows.

suppressMessages({
  library(glmnet)
  library(survival)
})

folder <- "tests/golden"
columns <- c("age", "sex", "ph.ecog", "pat.karno", "wt.loss")
known <- lung[complete.cases(lung[, columns]), ]
time <- ceiling(known$time / 30.4)
event <- as.integer(known$status == 2)
X <- scale(as.matrix(known[, columns]))
X <- round(X, 3)
n <- nrow(X)
weight <- rep(c(1, 2, 3, 1), length.out = n)
fold <- rep(1:5, length.out = n)
show <- function(values) format(values, digits = 15, trim = TRUE)
write <- function(table, name) {
  path <- file.path(folder, paste0("survival_scores_", name, ".csv"))
  write.csv(table, path, row.names = FALSE, quote = FALSE)
}
models <- list(
  fine = round(as.vector(X %*% c(0.1, -0.4, 0.5, -0.1, 0)), 3),
  rough = round(as.vector(X %*% c(0.3, -0.5, 0.2, 0, 0.4)))
)
write(data.frame(time, event, weight, fold, X, models), "data")

y <- Surv(time, event)
lambdas <- c(0.2, 0.05, 0.01)
deviance_of <- function(rows, beta, w) {
  glmnet:::coxnet.deviance(
    x = X[rows, ], y = y[rows, ], weights = w[rows], std.weights = FALSE, beta = beta
  )
}
whole <- cv.glmnet(
  X, y, family = "cox", lambda = lambdas, foldid = fold, grouped = TRUE, thresh = 1e-14,
  standardize = FALSE, alpha = 0.5
)
folds <- do.call(rbind, lapply(1:5, function(k) {
  training <- fold != k
  fit <- glmnet(
    X[training, ], y[training, ], family = "cox", lambda = lambdas, thresh = 1e-14,
    standardize = FALSE, alpha = 0.5
  )
  # the same numbers as are written, so that the scores are theirs
  beta <- apply(as.matrix(fit$beta), 2, function(b) as.numeric(show(b)))
  added <- function(w) {
    (deviance_of(rep(TRUE, n), beta, w) - deviance_of(training, beta, w)) /
      sum((w * event)[!training])
  }
  data.frame(
    fold = k, alpha = lambdas, t(beta), deviance = show(added(rep(1, n))),
    weighted = show(added(weight)), cvm = show(whole$cvm)
  )
}))
names(folds)[3:7] <- columns
write(folds, "folds")

scores <- do.call(rbind, lapply(names(models), function(name) {
  eta <- models[[name]]
  do.call(rbind, lapply(c(FALSE, TRUE), function(weighted) {
    w <- if (weighted) weight else rep(1, n)
    share <- function(kind) {
      concordance(y ~ eta, weights = w, timewt = kind, reverse = TRUE)$concordance
    }
    cox <- coxph(y ~ offset(eta), weights = w, ties = "breslow")
    data.frame(
      model = name, weighted, harrell_c = show(share("n")),
      uno_c = show(share("n/G2")), loglik = show(cox$loglik[1]),
      deviance = show(glmnet:::coxnet.deviance(eta, y, weights = w, std.weights = FALSE))
    )
  }))
}))
write(scores, "models")
