"""What the nightly job costs beside a hand-written script that reaches the same values.

Belongs here: made data (`data`), the script (`floor`), and the comparison (`bench`). Does not: tests; nothing of `qn_pipeline` imports this.
"""
