//go:build unix

package place

import (
	"errors"
	"syscall"
)

// isUnsupported reports that the file is of a kind that cannot be synced.
func isUnsupported(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP)
}
