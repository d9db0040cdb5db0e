"""From sources to landing: what came, less personal data, as immutable extractions.

Belongs here: extractions, their manifests, sealing. Does not: whether a row is valid (validation).
"""
