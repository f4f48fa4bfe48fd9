"""Accuracy, calibration and speed of the demand forecast on real data, beside statsforecast's methods."""
