package cobo

// Read is what Open does behind the token.
var Read = read
