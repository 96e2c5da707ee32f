"""Import of models from training libraries into the form that runs on board."""
