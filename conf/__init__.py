"""The packaged configs, installed as runner.conf."""
