"""The transparency log as anybody checks it: tree, tiles, checkpoints, proofs and entries. Pure."""
