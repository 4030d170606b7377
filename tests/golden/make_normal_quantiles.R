# Normal quantile plots as R draws them:
# Rscript tests/golden/make_normal_quantiles.R > tests/golden/normal_quantiles.csv
#
# qqnorm has Blom's positions for up to 10 values; for more it takes others, and so ppoints is asked
# for Blom's.
cat("n,value,expected\n")
for (n in c(1, 2, 10, 11, 50)) {
  value <- round(sin(seq_len(n)^2) * 10, 3)  # in no order
  expected <- qnorm(ppoints(n, a = 3 / 8))[order(order(value))]
  if (n <= 10) stopifnot(identical(expected, qqnorm(value, plot.it = FALSE)$x))
  cat(paste(n, value, format(expected, digits = 17, trim = TRUE), sep = ","), sep = "\n")
}
