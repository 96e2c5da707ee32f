"""The node's end of the link: telecommands in, reports out."""
