"""Lead intake: files of leads, from whatever spreadsheet wrote them, into a campaign.

Every row becomes a lead, a double or a rejected row with its reason; nothing is dropped silently and no digit is
guessed. The file is read as a stream: its size does not matter, and a broken row costs that row alone.
"""
