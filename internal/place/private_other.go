//go:build !unix

package place

import "io/fs"

// private is true: elsewhere the temporary directory is the user's own.
func private(fs.FileInfo) bool { return true }

// others: elsewhere no directory is shared in this way.
func others(fs.FileInfo) bool { return false }
