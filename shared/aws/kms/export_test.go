package kms

var PlainSignature = plainSignature
