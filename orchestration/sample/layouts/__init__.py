"""How each state writes its files: one module a state with `write(out, sample)`, and what they share in `text.py`."""
