"""From landing to valid rows and quarantine. Belongs here: mappings as SQL, rules, Great Expectations. Does not: the warehouse."""
