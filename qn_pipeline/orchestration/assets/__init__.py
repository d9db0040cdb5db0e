"""Assets, a module a stage. An asset's body is a few lines that call the stage."""
