"""What happened on an occasion: who attended, who was examined by whom, with which result, and how it is recorded."""
