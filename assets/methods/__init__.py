"""Methods of the literature as pure functions: numbers and arrays in, numbers and arrays out."""
