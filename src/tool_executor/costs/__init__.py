"""What a deployment costs on AWS, known beforehand: list prices, counted units, and what other ways would cost."""
