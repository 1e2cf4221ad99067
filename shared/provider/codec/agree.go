package codec

import (
	"github.com/zenvault/zenvault/shared/amount"
	"github.com/zenvault/zenvault/shared/signing"
)

// A message can tell one thing in two places. Where both tell it, they must agree: otherwise one would be judged and the
// other one signed.

// Agree compares two words, where both are told.
func Agree(a, b string) bool { return a == "" || b == "" || a == b }

// AddressAmong looks for an address among those of the destinations, where both are told.
func AddressAmong(address string, destinations []string) bool {
	if address == "" {
		return true
	}
	told := false
	for _, one := range destinations {
		told = told || one != ""
		if signing.SameAddress(one, address) {
			return true
		}
	}
	return !told
}

// SharesAgree compares the sum of the destinations' shares with the amount. Either each of them tells its share or none
// does: where one is silent, the others could tell anything.
func SharesAgree(total *amount.Decimal, shares []string) bool {
	var sum amount.Decimal
	told := 0
	for _, text := range shares {
		if text == "" {
			continue
		}
		share := Number(text)
		if share == nil {
			return false
		}
		told++
		sum = sum.Add(*share)
	}
	return told == 0 || total == nil || told == len(shares) && sum == *total
}

// Number is an amount, nil for what is no decimal.
func Number(text string) *amount.Decimal {
	d, err := amount.Parse(text)
	if err != nil {
		return nil
	}
	return &d
}
