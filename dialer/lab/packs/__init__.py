"""Rule packs for the lab's numbers (+999...), which no telephone network has.

They live apart from the shipped packs and are loaded by the lab alone: without the lab every such number is refused.
"""
