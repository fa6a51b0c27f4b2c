"""Generated states, each in the form of its public files and with known truth.

`write_sample` writes a voter file and its vote history as of a day; a later day gives the next snapshot of the same
people. `regions.py`, `places.py` and `naming.py` hold the constants, `people.py` who lives there, `life.py` and `moves.py`
what happens to them, `turnout.py` who votes, `snapshot.py` the state on a day, `roster.py` whom the campaign's sources know,
`layouts/` the text of each file, `truth.py` what they do not say, `write.py` all of it in order. Sample ids begin with ZZ; real ones never do.
"""

from orchestration.sample.people import SAMPLE_AS_OF
from orchestration.sample.write import SamplePaths, write_sample

__all__ = ["SAMPLE_AS_OF", "SamplePaths", "write_sample"]
