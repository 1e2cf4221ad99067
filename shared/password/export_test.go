package password

// Reparse gives what parse reads, written again.
func Reparse(text string) (string, error) {
	h, err := parse(text)
	return h.String(), err
}
