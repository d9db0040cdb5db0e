"""What people look at, made from what is published. Belongs here: pages and their wording. Does not: computing a figure (dbt)."""
