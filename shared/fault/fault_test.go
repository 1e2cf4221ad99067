package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/zenvault/zenvault/shared/fault"
)

var errTaken = fault.New(fault.Conflict, "name_taken", "This name is taken.")

// A case of a declared fault is that fault, keeps its kind, and says where and why.
func TestCases(t *testing.T) {
	cause := errors.New("disk")
	err := fmt.Errorf("creating: %w", errTaken.At("/name").Because(cause))
	if !errors.Is(err, errTaken) || !errors.Is(err, cause) {
		t.Errorf("%v is not what it was made of", err)
	}
	if errors.Is(err, fault.ErrInternal) {
		t.Error("equal to another fault")
	}
	f := fault.From(err)
	if f.Field != "/name" || f.Kind.Status() != 409 || f.Code != "name_taken" {
		t.Errorf("got %+v", f)
	}
	if errTaken.Field != "" {
		t.Error("the declared fault was changed")
	}
}

// What is not a fault is internal, and so is a fault without a kind.
func TestInternal(t *testing.T) {
	f := fault.From(errors.New("secret detail"))
	if f.Kind.Status() != 500 || f.Message != fault.ErrInternal.Message {
		t.Errorf("got %+v", f)
	}
	if (&fault.Fault{}).Kind.Status() != 500 || fault.Kind(200).Status() != 500 {
		t.Error("a forgotten kind is not internal")
	}
}
