package ledger

// Condition is what must be true of the stored item for a write to go through. Its clauses are all required. The zero
// value is no condition, and a write with it is refused.
type Condition struct{ clauses []Clause }

// Clause compares one attribute.
type Clause struct {
	Attribute string
	Operator  Operator
	Value     any // string, int64 or bool
}

// Operator is how a clause compares.
type Operator uint8

// The operators.
const (
	Missing   Operator = iota // there is no such attribute
	Present                   // there is one, of any value
	Equal                     // it is this value
	NotAfter                  // it is there and at most this value
	NoneAfter                 // it is missing, or at most this value
	After                     // it is there and above this value
)

// Clauses are for the adapter.
func (c Condition) Clauses() []Clause { return c.clauses }

// IsZero reports whether nothing is required.
func (c Condition) IsZero() bool { return len(c.clauses) == 0 }

// And requires both.
func (c Condition) And(other Condition) Condition {
	return Condition{append(append([]Clause{}, c.clauses...), other.clauses...)}
}

func clause(attribute string, op Operator, value any) Condition {
	return Condition{[]Clause{{attribute, op, value}}}
}

// Absent requires that no item is there.
func Absent() Condition { return clause("pk", Missing, nil) }

// Exists requires that an item is there.
func Exists() Condition { return clause("pk", Present, nil) }

// Is requires an attribute to have the value: a string, int64 or bool.
func Is(attribute string, value any) Condition { return clause(attribute, Equal, value) }

// AtMost requires an attribute to be there and not above the value.
func AtMost(attribute string, value int64) Condition { return clause(attribute, NotAfter, value) }

// Above requires an attribute to be there and above the value.
func Above(attribute string, value int64) Condition { return clause(attribute, After, value) }

// MissingOrAtMost requires an attribute not to be above the value if it is there at all.
func MissingOrAtMost(attribute string, value int64) Condition {
	return clause(attribute, NoneAfter, value)
}
