"""`python -m runner` is `enet`."""

from runner.cli.run_and_sweep import main

if __name__ == "__main__":
    main()
