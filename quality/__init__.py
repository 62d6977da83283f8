"""Every promise about data: contract, schema and drift, expectations, privacy. No Dagster here."""
