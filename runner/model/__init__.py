"""Models: the penalised linear family."""

from runner.model.least_squares import ElasticNet, Lasso, Model, Ols, Ridge

KINDS: dict[str, type[Model]] = {
    "elastic_net": ElasticNet,
    "lasso": Lasso,
    "ridge": Ridge,
    "ols": Ols,
}

__all__ = ["KINDS", "Model"]
