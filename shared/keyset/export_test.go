package keyset

var NewAEAD = newAEAD
