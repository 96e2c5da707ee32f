"""For all tests: a property is judged by what it says, not by how fast a loaded machine tries it.

HYPOTHESIS=thorough draws many more examples than the ordinary run has time for; HYPOTHESIS=fixed always the same ones,
so that two runs can be compared.
"""

import os

from hypothesis import settings

settings.register_profile("ordinary", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=1000)
settings.register_profile("fixed", deadline=None, max_examples=40, derandomize=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS", "ordinary"))
