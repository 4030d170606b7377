# Rubin's rules as R's mice has them: Rscript tests/golden/make_rubin.R > tests/golden/rubin.csv
#
# The p-value (two-sided, of 0) and the interval (level 0.9) are those of mice's own summary of
# pooled fits; a fit is no more here than an estimate and its standard error.
suppressPackageStartupMessages(library(mice))
tidy.known <- function(x, ...) {
  data.frame(term = "q", estimate = x$estimate, std.error = x$std.error)
}
glance.known <- function(x, ...) data.frame(nobs = x$nobs)
set.seed(1)
M <- 7
cat("case,n,k,estimates,variances,estimate,total,within,between,df,fraction_missing,p,low,high\n")
for (case in 1:6) {
  n <- c(30, 30, 100, 100, 1000, 50)[case]
  k <- c(2, 5, 3, 10, 4, 1)[case]
  estimates <- rnorm(M, 1, c(0.05, 0.5, 1, 0.2, 0.01, 2)[case])
  variances <- runif(M, 0.05, 0.1)
  found <- pool.scalar(estimates, variances, n = n, k = k)
  fits <- lapply(seq_len(M), function(m) {
    known <- list(estimate = estimates[m], std.error = sqrt(variances[m]), nobs = n)
    structure(known, class = "known")
  })
  told <- summary(pool(as.mira(fits), dfcom = n - k), conf.int = TRUE, conf.level = 0.9)
  stopifnot(all.equal(told$df, found$df), all.equal(told$std.error^2, found$t))
  cat(case, n, k, paste(format(estimates, digits = 17), collapse = " "),
      paste(format(variances, digits = 17), collapse = " "),
      format(c(found$qbar, found$t, found$ubar, found$b, found$df, found$fmi), digits = 17),
      format(c(told$p.value, told[["5 %"]], told[["95 %"]]), digits = 17),
      sep = ",")
  cat("\n")
}
