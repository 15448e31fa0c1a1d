//go:build !unix

package place

// isUnsupported is false: elsewhere every file can be synced.
func isUnsupported(error) bool { return false }
