"""python -m aethex_live.cli: the command `aethex` where no script is installed."""

from aethex_live.cli import main

main()
