"""A deployment's metrics: read back from CloudWatch, held against the history, drawn as the dashboard draws them."""
