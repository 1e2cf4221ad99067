package secretdir

// Check is what Read does with the file that it saw and the one that it then opened: between the two, a test can put
// another one there.
var Check = check
