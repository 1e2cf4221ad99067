package password

// Reparse gives what parse reads, written again.
func Reparse(text string) (string, error) {
	h, err := parse(text)
	return h.String(), err
}

// Rest is the work besides that of a hash with one lane, zero where there is none.
func Rest(memory, time uint32) (uint32, uint32) {
	rest, lacking := parameters{memory: memory, time: time, lanes: 1}.rest()
	if !lacking {
		return 0, 0
	}
	return rest.memory, rest.time
}
