//go:build !linux

package capture

import "errors"

// OpenSelf prepares an engine for the running program; this system's
// executables are not supported.
func OpenSelf() (*Engine, error) {
	return nil, errors.New("capture: executables of this system are not supported")
}
