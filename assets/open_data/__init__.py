"""What may be published: one pure function, one declaration and its release a file."""
