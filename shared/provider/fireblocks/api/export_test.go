package api

import (
	"github.com/zenvault/zenvault/shared/custody"
)

// What the tests read as the client does.
func ParseTransaction(body []byte) (custody.Transaction, error) { return parseTransaction(body) }
func ParseRefusal(status int, after string, body []byte) error {
	return parseRefusal(status, after, body)
}
