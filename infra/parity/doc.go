// Package parity holds that a request is answered the same by whatever carries it: a Lambda event, HTTP, or the binary that
// is deployed. Its tests replay the golden events under events/.
package parity
