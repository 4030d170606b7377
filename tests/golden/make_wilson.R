# Wilson's limits as R's prop.test has them: Rscript tests/golden/make_wilson.R > tests/golden/wilson.csv
cat("positive,rows,level,low,high\n")
for (case in list(c(0, 5), c(5, 5), c(1, 7), c(3, 10), c(50, 100), c(999, 1000))) {
  for (level in c(0.8, 0.95)) {
    found <- suppressWarnings(prop.test(case[1], case[2], conf.level = level, correct = FALSE))
    cat(case, level, format(found$conf.int[1:2], digits = 17), sep = ",")
    cat("\n")
  }
}
