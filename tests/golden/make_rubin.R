# Rubin's rules as R's mice has them: Rscript tests/golden/make_rubin.R > tests/golden/rubin.csv
suppressPackageStartupMessages(library(mice))
set.seed(1)
M <- 7
cat("case,n,k,estimates,variances,estimate,total,within,between,df,fraction_missing\n")
for (case in 1:6) {
  n <- c(30, 30, 100, 100, 1000, 50)[case]
  k <- c(2, 5, 3, 10, 4, 1)[case]
  estimates <- rnorm(M, 1, c(0.05, 0.5, 1, 0.2, 0.01, 2)[case])
  variances <- runif(M, 0.05, 0.1)
  found <- pool.scalar(estimates, variances, n = n, k = k)
  cat(case, n, k, paste(format(estimates, digits = 17), collapse = " "),
      paste(format(variances, digits = 17), collapse = " "),
      format(c(found$qbar, found$t, found$ubar, found$b, found$df, found$fmi), digits = 17),
      sep = ",")
  cat("\n")
}
