"""Browser sessions: which call uses which browser, who opens it, and who closes it.

A sequence's calls share one session; every other attempt has one of its own, which it closes. What a session is called
(its key), which browser stands for it and what was done in it lies in the tool state table, so that the next call
finds it from another container. The provider says where browsers come from.
"""
