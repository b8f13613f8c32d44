"""A synthetic corpus with readers, for the demo and for tests: made up, and called so wherever it shows.

Eight invented fields of study, a grammar that writes titles and abstracts, readers whose interests drift, and a click
model in which a high position earns clicks of its own. It writes files and knows nothing of the code that reads them:
no word list, no import and no assumption is shared with what learns from it. No figure measured on it says anything
about quality.
"""

from broadsheet.sample.files import SamplePaths, write_sample

__all__ = ["SamplePaths", "write_sample"]
