"""`python -m dora`: the command line."""

from dora.cli import main

main()
