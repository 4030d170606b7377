# Writes tests/golden/glmnet_relax_cv.csv and glmnet_relax_coefficients.csv, what glmnet's relax=TRUE
# and cv.glmnet's rule of one standard error give, and the data they are fitted to,
# glmnet_relax_data.csv.
# Refresh from the repository's root:  Rscript tests/golden/make_glmnet_relax.R
#
# Data: 30 rows of R's own `mtcars`, in folds of 6: of equal folds cv.glmnet's cvsd is the standard
# deviation of the folds' means over the root of their number. Lassos, of which glmnet's lambda is
# alpha in the units of y; it standardises the columns of every training side with the divisor n.

suppressMessages(library(glmnet))

folder <- "tests/golden"
data <- mtcars[1:30, ]
X <- as.matrix(data[, -1])
y <- data$mpg
fold <- rep(1:5, length.out = nrow(X))
write.csv(data.frame(data[, -1], mpg = y, fold = fold), file.path(folder, "glmnet_relax_data.csv"),
  row.names = FALSE
)

alphas <- 5 * 10^seq(0, -2, length.out = 25)
gammas <- c(0, 0.5, 1)
found <- cv.glmnet(X, y,
  lambda = alphas, foldid = fold, relax = TRUE, gamma = gammas, thresh = 1e-16, maxit = 1e8
)
plain <- cv.glmnet(X, y, lambda = alphas, foldid = fold, thresh = 1e-16, maxit = 1e8)
stopifnot(all.equal(plain$cvm, found$relaxed$statlist[["g:1"]]$cvm))

digits <- function(values) format(values, digits = 14, trim = TRUE)
cv <- do.call(rbind, lapply(gammas, function(gamma) {
  curve <- found$relaxed$statlist[[paste0("g:", gamma)]]
  one <- gamma == 1
  data.frame(
    relax = gamma, alpha = digits(alphas), mean = digits(curve$cvm), se = digits(curve$cvsd),
    lambda.min = one & alphas == plain$lambda.min, lambda.1se = one & alphas == plain$lambda.1se
  )
}))
write.csv(cv, file.path(folder, "glmnet_relax_cv.csv"), row.names = FALSE, quote = FALSE)

some <- c(1, 5, 9, 13, 17, 21, 25)
coefficients <- do.call(rbind, lapply(gammas, function(gamma) {
  b <- as.matrix(coef(found, s = alphas[some], gamma = gamma))
  data.frame(
    relax = gamma, alpha = rep(digits(alphas[some]), each = nrow(b)),
    feature = rep(rownames(b), length(some)), coefficient = digits(as.vector(b))
  )
}))
write.csv(coefficients, file.path(folder, "glmnet_relax_coefficients.csv"),
  row.names = FALSE, quote = FALSE
)
