//go:build !unix

package image

// openFlags: elsewhere there is nothing to open that waits.
const openFlags = 0
