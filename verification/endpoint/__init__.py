"""HTTP in front of `ask`: the API, the verify page, the pages that explain. Only here is a web framework known."""
