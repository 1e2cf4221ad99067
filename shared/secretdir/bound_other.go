//go:build !linux

package secretdir

import (
	"errors"
	"os"
)

func kernelBinds(*os.File) bool { return false }

func openBound(*os.File, string) (*os.File, error) { return nil, errors.ErrUnsupported }

// attached is not known here. Elsewhere than on Linux the directory is for development: who may write to it could win a
// race with a hard link.
func attached(dir, file *os.File) error { return nil }
