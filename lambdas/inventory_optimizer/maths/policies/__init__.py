"""When and how much to order: reorder points by service, lots, policies by cost, ABC and XYZ."""
