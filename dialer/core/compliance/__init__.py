"""May this number be called now? Rule packs, hours, limits, lists and consent, and the one gate that asks them all.

Pure: rules, history and list hits come in as values, `now` is an argument, a verdict comes out. The laws are data, in
`dialer/rules`; here is only what the data means. Unknown is refused: a number nobody calls costs less than one that
should not have been called.
"""
