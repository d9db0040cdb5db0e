"""How to reach a system and read what it delivers. Belongs here: files and the quirks of products. Does not: what a row means (mappings, contracts)."""
