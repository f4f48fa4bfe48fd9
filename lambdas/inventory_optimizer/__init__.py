"""The tool group ``inventory-optimizer``: reorder points, stock-out risks and demand forecasts of a warehouse."""
