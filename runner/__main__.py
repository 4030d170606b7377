"""`python -m runner` is `enet`."""

from runner.cli import main

if __name__ == "__main__":
    main()
