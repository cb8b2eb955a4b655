"""The rules of the domain. Pure: no input or output, no clock, standard library only."""
