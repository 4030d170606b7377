# Writes tests/golden/mice_imputed.csv and the data that are imputed, mice_data.csv.
# Refresh from the repository's root:  Rscript tests/golden/make_mice.R
#
# Data: R's own `airquality` (New York, May to September 1973). Method norm.predict fills a column
# with the predictions of a least-squares regression on the others, without noise. Its default,
# ls.meth = "qr", has no ridge; estimice() falls back to one (1e-5 of the diagonal) for the
# covariance of the coefficients alone, which norm.predict does not use. eps = 0 keeps all columns.
#
# Case one: only Ozone has gaps, so that the random start that mice gives them is never used.
# Case chain: Wind and Temp get gaps too, and rounds are run until they no longer change anything,
# where the start is forgotten: two seeds have to agree, or nothing is written.
# In both, the last 53 rows are `ignored`: imputed by regressions that they took no part in.

suppressMessages(library(mice))

folder <- "tests/golden"
data(airquality)
write.csv(airquality, file.path(folder, "mice_data.csv"), row.names = FALSE, na = "")

rows <- seq_len(nrow(airquality))
ignored <- rows > 100

fill <- function(data, rounds, seed) {
  imputed <- mice(
    data, m = 1, method = "norm.predict", maxit = rounds, seed = seed, ignore = ignored, eps = 0,
    printFlag = FALSE
  )
  stopifnot(is.null(imputed$loggedEvents))
  complete(imputed)
}

as_cells <- function(case, gappy, filled) {
  at <- which(is.na(gappy), arr.ind = TRUE)
  value <- as.matrix(filled)[at]
  data.frame(
    case = case, row = at[, 1], column = colnames(gappy)[at[, 2]],
    value = format(value, digits = 15, trim = TRUE)
  )
}

one <- airquality[, c("Ozone", "Wind", "Temp", "Month", "Day")]
chain <- airquality
chain$Wind[rows %% 6 == 0] <- NA
chain$Temp[rows %% 7 == 0] <- NA
converged <- fill(chain, 400, 1)
stopifnot(max(abs(converged - fill(chain, 400, 2))) < 1e-9)

cells <- rbind(as_cells("one", one, fill(one, 1, 1)), as_cells("chain", chain, converged))
write.csv(cells, file.path(folder, "mice_imputed.csv"), row.names = FALSE, quote = FALSE)
