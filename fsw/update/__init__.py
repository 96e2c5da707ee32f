"""Updates of software and of models over two slots and a golden copy: signed, tried first, and undone by themselves."""
