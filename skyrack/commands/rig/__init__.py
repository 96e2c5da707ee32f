"""The commands that fly a node beside its ground: on a desk, over a cable, or in virtual time."""
