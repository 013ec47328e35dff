"""The rules: what each assurance level asks, and which level the evidence attains. Pure."""
