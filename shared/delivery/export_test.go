package delivery

// Wait is for the test of its bounds.
var Wait = wait
