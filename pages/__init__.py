"""The static pages: the knowledge base and the contacts, built from files into one folder."""
