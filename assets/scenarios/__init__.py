"""What-if: typed edits of the city, the same functions on the edited tables, and who gains."""
