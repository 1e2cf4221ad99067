package shape

// Keyspaces is the closed set of what Needs may name.
var Keyspaces = keyspaces
