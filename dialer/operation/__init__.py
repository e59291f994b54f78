"""The telesales operation around the calls, one room per subject: pure rules, tables where it has its own, its shell."""
