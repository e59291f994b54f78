"""The telesales operation around the calls, a room for each subject: pure rules, its own tables, its shell."""
