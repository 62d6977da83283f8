"""`python -m orchestration.cli`: the same as the `gemello` command."""

from orchestration.cli import main

main()
