"""A believable company to look around in: inputs are made up, results are the product's own."""
