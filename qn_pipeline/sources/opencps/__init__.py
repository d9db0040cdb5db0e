"""OpenCPS v2, an open one-stop-shop product: its REST interface and its quirks, after its public sources (2020).

client: questions and answers. listed: a dossier as its list shows it. counters: the product's own statistics, counted again.
pull: a night. reference: units, procedures, calendars. All dates of the product are local, dd/MM/yyyy HH:mm:ss.
"""
