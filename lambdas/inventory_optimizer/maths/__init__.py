"""Pure mathematics of the inventory tools on numpy and ``scipy.special``, over many products at once."""
