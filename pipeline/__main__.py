"""`python -m pipeline`: the same as the command `maru`."""

from pipeline import cli

if __name__ == "__main__":
    cli.main()
