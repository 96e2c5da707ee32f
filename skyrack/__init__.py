"""The command line `skyrack`: one file per command."""
