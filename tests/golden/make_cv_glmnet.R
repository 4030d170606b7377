# Writes tests/golden/cv_glmnet.csv: deviances of cv.glmnet on given folds.
# Refresh from the repository's root, after make_glmnet_families.R:
#   Rscript tests/golden/make_cv_glmnet.R
#
# Data: glmnet_families_data.csv, rows to folds in turn. `fold` 0 is cvm, the mean over the folds by
# their weights; the others are the folds' own, from the predictions that cv.glmnet keeps. Columns are
# standardised inside each fold by glmnet. Of binomial it is -2 log-likelihood a row.
suppressMessages(library(glmnet))

folder <- "tests/golden"
data <- read.csv(file.path(folder, "glmnet_families_data.csv"))
X <- as.matrix(data[, c("mpg", "hp", "drat", "wt", "vs")])
n <- nrow(X)
fold <- rep(1:4, length.out = n)
lambdas <- c(0.3, 0.2, 0.1, 0.05)  # below, glmnet would clip probabilities at 1e-5
glmnet.control(fdev = 0, devmax = 1, mnlam = 100)

row_deviance <- list(
  binomial = function(y, eta) 2 * (log1p(exp(eta)) - y * eta),
  poisson = function(y, eta) 2 * (ifelse(y > 0, y * log(y) - y, 0) - (y * eta - exp(eta)))
)
cases <- expand.grid(family = names(row_deviance), weighted = c(FALSE, TRUE), l1_ratio = c(0.2, 1),
                     stringsAsFactors = FALSE)
rows <- lapply(seq_len(nrow(cases)), function(at) {
  case <- cases[at, ]
  y <- data[[case$family]]
  w <- if (case$weighted) data$weight else rep(1, n)
  o <- if (case$weighted) data$offset else NULL
  cv <- cv.glmnet(X, y, family = case$family, weights = w, offset = o, lambda = lambdas,
                  alpha = case$l1_ratio, foldid = fold, type.measure = "deviance", keep = TRUE,
                  thresh = 1e-15, maxit = 1e8)
  # fit.preval is on the scale of the link
  each <- row_deviance[[case$family]](y, cv$fit.preval)
  own <- sapply(1:4, function(k) {
    apply(each[fold == k, ], 2, weighted.mean, w = w[fold == k])
  })
  by_weight <- tapply(w, fold, sum)
  stopifnot(max(abs(own %*% by_weight / sum(w) - cv$cvm)) < 1e-8)
  data.frame(case, row.names = NULL, alpha = rep(lambdas, 5), fold = rep(0:4, each = 4),
             deviance = format(c(cv$cvm, own), digits = 13))
})
write.csv(do.call(rbind, rows), file.path(folder, "cv_glmnet.csv"), row.names = FALSE, quote = FALSE)
