# Writes tests/golden/kaplan_meier.csv and kaplan_meier_groups.csv: survival curves as survfit of R's
# survival has them, and terciles of risks.
# Refresh from the repository's root:  Rscript tests/golden/make_kaplan_meier.R
#
# The rows are those of survival_scores_data.csv, whose times are in months so that many are tied; of
# its two risks `rough` has ties. `dying` is the first 7 rows, all taken to have had the event.
suppressPackageStartupMessages(library(survival))

folder <- "tests/golden"
rows <- read.csv(file.path(folder, "survival_scores_data.csv"))
number <- function(values) format(values, digits = 17, trim = TRUE)
curve_of <- function(case, rows) {
  found <- survfit(Surv(time, event) ~ 1, rows, conf.type = "log-log", conf.int = 0.95)
  data.frame(
    case, time = found$time, at_risk = found$n.risk, events = found$n.event,
    survival = number(found$surv), low = number(found$lower), high = number(found$upper)
  )
}
curves <- rbind(curve_of("lung", rows), curve_of("dying", transform(rows[1:7, ], event = 1)))
write.csv(curves, file.path(folder, "kaplan_meier.csv"), row.names = FALSE, quote = FALSE)

third <- function(risk) findInterval(risk, quantile(risk, 1:2 / 3), left.open = TRUE)
groups <- data.frame(fine = third(rows$fine), rough = third(rows$rough))
write.csv(groups, file.path(folder, "kaplan_meier_groups.csv"), row.names = FALSE, quote = FALSE)
