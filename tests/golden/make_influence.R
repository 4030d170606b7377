# How far rows sway a fit, as R's lm has it:
# Rscript tests/golden/make_influence.R > tests/golden/influence.csv
cat("case,x,y,weight,leverage,cooks_distance,studentised\n")
number <- function(values) format(values, digits = 17, trim = TRUE)
tell <- function(case, X, y, weight) {
  fit <- lm(y ~ X, weights = weight)
  cat(paste(
    case, apply(X, 1, paste, collapse = " "), y, weight, number(hatvalues(fit)),
    number(cooks.distance(fit)), number(rstandard(fit)), sep = ","
  ), sep = "\n")
}
cars <- as.matrix(mtcars[, c("wt", "hp", "qsec")])
tell("mtcars", cars, mtcars$mpg, rep(1, 32))
tell("weighted", cars, mtcars$mpg, rep(c(1, 2, 0.5, 3), length.out = 32))
tell("longley", as.matrix(longley[, 1:6]), longley$Employed, rep(1, 16))
