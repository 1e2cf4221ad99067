package fireblocks

// Read is what Open does after the signature, so that fuzzing it need not sign.
var Read = read

// ReadConfig is that of ConfigCodec.
var ReadConfig = readConfig
