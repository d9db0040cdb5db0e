"""A province in a box: invented dossiers in real units, and a ledger of truth about them.

Belongs here: the lives of dossiers, what the province's systems show of them at a moment, and the figures that must come out.
Does not: anything of the pipeline. The simulator imports no stage, and no stage imports it.
"""
