# Writes tests/golden/breslow_data.csv, breslow_coefficients.csv and breslow.csv: baseline hazards as
# in R's survival. Refresh from the repository's root:  Rscript tests/golden/make_breslow.R
#
# Times are rounded up to whole days, so that many are tied. The baseline is that of a row whose
# linear predictor is 0: not centred, offset 0. `probability` is the survival of row 1 of the data,
# its offset taken for 0.
suppressPackageStartupMessages(library(survival))

folder <- "tests/golden"
set.seed(7)
n <- 60
rows <- data.frame(
  age = round(rnorm(n, 50, 10), 1), dose = round(runif(n), 2),
  offset = round(rnorm(n, 0, 0.5), 2), weight = rep(c(1, 2, 0.5), length.out = n)
)
rows$time <- ceiling(20 * rexp(n) * exp(-0.02 * (rows$age - 50) - rows$dose - rows$offset))
rows$event <- rbinom(n, 1, 0.7)
write.csv(rows, file.path(folder, "breslow_data.csv"), row.names = FALSE)

outcome <- Surv(rows$time, rows$event)
fits <- list(
  plain = coxph(outcome ~ age + dose, rows, ties = "breslow"),
  weighted = coxph(outcome ~ age + dose, rows, ties = "breslow", weights = weight),
  offset = coxph(outcome ~ age + dose + offset(offset), rows, ties = "breslow")
)
number <- function(values) format(values, digits = 17, trim = TRUE)
hazards <- do.call(rbind, lapply(names(fits), function(case) {
  zero <- survfit(fits[[case]], newdata = data.frame(age = 0, dose = 0, offset = 0))
  first <- survfit(fits[[case]], newdata = transform(rows[1, ], offset = 0))
  stopifnot(all.equal(zero$time, sort(unique(rows$time))))
  if (case != "offset") {
    stopifnot(all.equal(basehaz(fits[[case]], centered = FALSE)$hazard, zero$cumhaz))
  }
  data.frame(
    case = case, time = zero$time, hazard = number(zero$cumhaz),
    probability = number(exp(-first$cumhaz))
  )
}))
write.csv(hazards, file.path(folder, "breslow.csv"), row.names = FALSE, quote = FALSE)
coefficients <- data.frame(
  case = names(fits),
  age = number(sapply(fits, function(fit) coef(fit)[["age"]])),
  dose = number(sapply(fits, function(fit) coef(fit)[["dose"]]))
)
write.csv(
  coefficients, file.path(folder, "breslow_coefficients.csv"), row.names = FALSE, quote = FALSE
)
