"""One folder per Lambda function; ``runtime`` is what the functions share."""
