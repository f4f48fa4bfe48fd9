"""Distributed Maps: items from a JSON Lines file in S3, a child execution each, results back into S3.

moto runs the items inside of the parent, reads no JSON Lines and writes no results. A Distributed Map is therefore
taken out of a machine's definition before moto parses it (`definition`), and run here: `map_run`, with `source` and
`results`.
Not here: redriving, batching of items, other sources than JSON Lines and `Items`, maps in maps.
"""
