# Times cv.glmnet on data that the benchmark wrote: Rscript peers.R FOLDER N P
# Reads x.bin (column-major), y.bin, fold.bin, ratios.bin, alphas.bin (a column per ratio);
# prints the seconds, and writes the mean scores to scores.bin.
suppressMessages(library(glmnet))
arguments <- commandArgs(trailingOnly = TRUE)
folder <- arguments[1]
n <- as.integer(arguments[2])
p <- as.integer(arguments[3])
numbers <- function(name, count) readBin(file.path(folder, name), "double", count)
x <- matrix(numbers("x.bin", n * p), n, p)
y <- numbers("y.bin", n)
fold <- as.integer(numbers("fold.bin", n))
ratios <- numbers("ratios.bin", 1000)
alphas <- matrix(numbers("alphas.bin", 100000), ncol = length(ratios))
scores <- matrix(NA_real_, nrow(alphas), length(ratios))
started <- proc.time()[["elapsed"]]
for (i in seq_along(ratios)) {
  fit <- cv.glmnet(x, y, foldid = fold, lambda = alphas[, i], alpha = ratios[i],
                   type.measure = "mse", grouped = TRUE)
  scores[seq_along(fit$cvm), i] <- fit$cvm
}
cat(proc.time()[["elapsed"]] - started, "\n")
writeBin(as.vector(scores), file.path(folder, "scores.bin"))
