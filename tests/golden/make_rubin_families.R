# Writes tests/golden/rubin_families.csv and the completed data sets, rubin_families_data.csv.
# Refresh from the repository's root:  Rscript tests/golden/make_rubin_families.R
#
# mice draws the gaps of x1 five times (method norm), and pools R's own unpenalised fits of each
# completed data set: glm with weights and offset, coxph with Breslow's ties and weights, lm. Three
# classes are a Poisson glm of the cells row x class with a constant per row, which has the
# multinomial's estimates and standard errors (Baker 1994).
suppressPackageStartupMessages({ library(mice); library(survival) })
options(contrasts = c("contr.treatment", "contr.poly"))
folder <- "tests/golden"
M <- 5
n <- 70

set.seed(1)
x <- matrix(rnorm(n * 3), n) %*% rbind(c(1, 0.5, 0), c(0, 1, 0.3), c(0, 0, 1))
eta <- drop(x %*% c(0.6, -0.5, 0.3))
data <- data.frame(x1 = 100 + 20 * x[, 1], x2 = x[, 2], x3 = x[, 3] / 50)
data$weight <- round(runif(n, 0.5, 2), 2)
data$offset <- round(runif(n, -0.5, 0.5), 2)
data$yes <- rbinom(n, 1, plogis(eta + data$offset))
chance <- exp(cbind(0, eta, -0.5 * eta))
data$kind <- apply(chance, 1, function(p) sample(0:2, 1, prob = p))
data$count <- rpois(n, exp(0.5 + eta + data$offset))
data$amount <- round(rgamma(n, 2, 2 / exp(eta + data$offset)) + 0.001, 3)
time <- rexp(n, exp(eta)); censored <- rexp(n, 0.5)
data$time <- round(pmin(time, censored), 1) + 0.1
data$event <- as.integer(time <= censored)
data$first <- round(eta + rnorm(n), 3)
data$second <- round(-eta + 2 * rnorm(n), 3)
gappy <- data
gappy$x1[rbinom(n, 1, 0.4) == 1] <- NA
drawn <- mice(gappy, m = M, method = "norm", maxit = 3, printFlag = FALSE, seed = 1)
completed <- lapply(seq_len(M), function(m) complete(drawn, m))
sets <- do.call(rbind, lapply(seq_len(M), function(m) cbind(draw = m, completed[[m]])))
sets$x1 <- signif(sets$x1, 12)
sets$x2 <- signif(sets$x2, 12)
sets$x3 <- signif(sets$x3, 12)
write.csv(sets, file.path(folder, "rubin_families_data.csv"), row.names = FALSE, quote = FALSE)
completed <- split(sets, sets$draw)

tight <- glm.control(epsilon = 1e-14, maxit = 100)
tidy.known <- function(x, ...) {
  data.frame(term = names(x$estimate), estimate = x$estimate, std.error = x$se)
}
glance.known <- function(x, ...) data.frame(nobs = n)
coef.known <- function(object, ...) object$estimate

cells <- function(one) {
  long <- one[rep(seq_len(n), each = 3), ]
  long$row <- factor(rep(seq_len(n), each = 3))
  class <- rep(0:2, n)
  long$is <- as.numeric(long$kind == class)
  design <- model.matrix(~ x1 + x2 + x3, long)
  of_class <- cbind(design * (class == 1), design * (class == 2))
  fit <- glm(long$is ~ long$row + of_class, poisson, weights = long$weight, control = tight,
             mustart = rep(1 / 3, 3 * n))
  told <- summary(fit)$coefficients
  own <- told[n + seq_len(8), ]
  terms <- paste0("class", rep(1:2, each = 4), ":", colnames(design))
  structure(list(estimate = setNames(own[, 1], terms), se = own[, 2]), class = "known")
}
fits <- list(
  # it warns that weights are no whole numbers
  binomial = function(d) suppressWarnings(glm(yes ~ x1 + x2 + x3 + offset(offset), binomial, d,
                                              weights = weight, control = tight)),
  poisson = function(d) glm(count ~ x1 + x2 + x3 + offset(offset), poisson, d, weights = weight,
                            control = tight),
  gamma = function(d) glm(amount ~ x1 + x2 + x3 + offset(offset), Gamma("log"), d, weights = weight,
                          control = tight),
  cox = function(d) coxph(Surv(time, event) ~ x1 + x2 + x3 + offset(offset), d, weights = weight,
                          robust = FALSE, ties = "breslow",
                          control = coxph.control(eps = 1e-11, iter.max = 100)),
  multinomial = cells,
  first = function(d) lm(first ~ x1 + x2 + x3, d, weights = weight),
  second = function(d) lm(second ~ x1 + x2 + x3, d, weights = weight)
)
rows <- lapply(names(fits), function(name) {
  each <- lapply(completed, fits[[name]])
  found <- pool(as.mira(unname(each)))
  told <- summary(found, conf.int = TRUE)
  pooled <- found$pooled
  data.frame(fit = name, term = told$term, estimate = told$estimate, se = told$std.error,
             low = told[["2.5 %"]], high = told[["97.5 %"]], p = told$p.value, df = told$df,
             within = pooled$ubar, between = pooled$b, fraction_missing = pooled$fmi)
})
golden <- do.call(rbind, rows)
golden[-(1:2)] <- lapply(golden[-(1:2)], format, digits = 12, trim = TRUE)
write.csv(golden, file.path(folder, "rubin_families.csv"), row.names = FALSE, quote = FALSE)
