"""The year run ahead: what each coming day brings to each library, and what follows from it."""
