package cosign

import "time"

// lookAgain is how often the keys of a cosigner are read again because a signature did not fit them, at most.
const lookAgain = time.Second

// recall finds a cosigner that this process has met.
func (d *Decider) recall(cosignerID string) (Cosigner, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := d.met[cosignerID]; m != nil {
		return m.Cosigner, true
	}
	return Cosigner{}, false
}

// remember keeps a cosigner. There are as many as are registered: strangers' ids are not kept.
func (d *Decider) remember(c Cosigner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m := d.met[c.ID]; m != nil {
		m.Cosigner = c
		return
	}
	d.met[c.ID] = &met{Cosigner: c}
}

func (d *Decider) forget(cosignerID string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.met, cosignerID)
}

// mayLookAgain reports whether a cosigner may be read again now, and takes the right.
func (d *Decider) mayLookAgain(cosignerID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	now, m := d.Ledger.Now(), d.met[cosignerID]
	if m == nil || now.Sub(m.lookedAgain) < lookAgain {
		return false
	}
	m.lookedAgain = now
	return true
}
