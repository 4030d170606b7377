# Paths of families by glmnet, timed: Rscript families.R FOLDER FAMILY N P THRESHOLD CV
# Reads x.bin (column-major, or with rows.bin and ends.bin the entries of sparse columns), y.bin, event.bin, fold.bin and ratios.bin; prints the processor's
# seconds; writes lambdas and, of one path, the coefficients. CV is 1 for cv.glmnet, else 0.
suppressMessages({library(glmnet); library(survival); library(Matrix)})
a <- commandArgs(trailingOnly = TRUE)
folder <- a[1]; family <- a[2]; n <- as.integer(a[3]); p <- as.integer(a[4]); thresh <- as.numeric(a[5])
numbers <- function(name, count) readBin(file.path(folder, name), "double", count)
whole <- function(name, count) readBin(file.path(folder, name), "integer", count)
if (file.exists(file.path(folder, "ends.bin"))) {
  ends <- whole("ends.bin", p + 1); count <- ends[p + 1]
  x <- sparseMatrix(i = whole("rows.bin", count), p = ends, x = numbers("x.bin", count), dims = c(n, p), index1 = FALSE)
} else x <- matrix(numbers("x.bin", n * p), n, p)
y <- numbers("y.bin", n * 10)
if (family == "mgaussian") y <- matrix(y, n)
ratios <- numbers("ratios.bin", 1000)
target <- switch(family, cox = Surv(y, numbers("event.bin", n)), multinomial = factor(y), y)
kind <- if (family == "gamma") Gamma(link = "log") else family
started <- proc.time()
if (a[6] == "1") {
  fold <- as.integer(numbers("fold.bin", n))
  fits <- lapply(ratios, function(r) cv.glmnet(x, target, family = kind, alpha = r, foldid = fold, thresh = thresh))
} else {
  fits <- list(glmnet(x, target, family = kind, alpha = ratios[1], thresh = thresh, maxit = 1e8))
}
spent <- proc.time() - started
cat(spent[["user.self"]] + spent[["sys.self"]], "\n")
for (i in seq_along(fits)) writeBin(fits[[i]]$lambda, file.path(folder, paste0("lambda", i, ".bin")))
if (a[6] == "0") {
  beta <- fits[[1]]$beta
  beta <- if (is.list(beta)) lapply(beta, as.matrix) else list(as.matrix(beta))
  writeBin(unlist(lapply(beta, as.vector)), file.path(folder, "beta.bin"))
} else for (i in seq_along(fits)) writeBin(fits[[i]]$cvm, file.path(folder, paste0("cvm", i, ".bin")))
