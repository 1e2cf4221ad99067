package safeheron

// Read is what Open does behind the signature.
var Read = read
