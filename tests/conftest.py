"""For all tests: a property is judged by what it says, not by how fast a loaded machine tries it."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
