"""The solvers of paths in C, which are built when the package is installed; numpy serves else."""
