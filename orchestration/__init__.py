"""When and where things run: definitions, resources, automation and the `gemello` command."""
