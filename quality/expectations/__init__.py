"""Great Expectations as a contract uses it: its rules, how it is fed, and what it answered."""
