"""What becomes of stock day by day: the first passage below zero, with receipts on uncertain dates."""
