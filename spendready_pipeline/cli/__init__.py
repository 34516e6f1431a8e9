"""The command line: `main` has the commands, and each command that prints more than a line has a module."""
