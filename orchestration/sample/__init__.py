"""A generated state like North Carolina, in the form of its public files and with known truth.

`write_sample` writes a voter file and its vote history as of a day; a later day gives the next snapshot of the same
people. `places.py` and `naming.py` hold the constants, `people.py` who lives there, `life.py` and `moves.py` what
happens to them, `turnout.py` who votes, `snapshot.py` the state on a day, `rows.py` and `history.py` the text of the
two files, `truth.py` what they do not say, `write.py` the files. Sample ncids begin with ZZ; real ones never do.
"""

from orchestration.sample.people import SAMPLE_AS_OF
from orchestration.sample.write import SamplePaths, write_sample

__all__ = ["SAMPLE_AS_OF", "SamplePaths", "write_sample"]
