//go:build !unix

package source

// openFlags: elsewhere there is nothing to open that waits.
const openFlags = 0
