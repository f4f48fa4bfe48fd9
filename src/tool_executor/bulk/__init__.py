"""Bulks: calls by the hundred thousand, run by a Distributed Map over batches that lie in S3.

A line is a call; its number is who it is. Lines are packed into batches, each of which is an execution like any other,
with records like any other. ``bulks.Bulks`` is the way in; docs/bulk.md the guide.
"""
