"""Demand: history as a matrix, classes, season, methods, and the automatic forecast with its uncertainty."""
