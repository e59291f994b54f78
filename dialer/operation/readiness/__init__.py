"""Readiness: how many leads of a campaign may be called now, how many later and when, how many never, by which rule,
and what would cure it.

The gate itself decides about every lead, with the question that a claim would ask; nothing here knows a rule. Leads of
whom the same is asked share one answer, which makes a million leads a matter of a minute.
"""
