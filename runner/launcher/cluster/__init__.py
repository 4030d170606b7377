"""Work on the workers of a Dask cluster, whoever has started them."""
