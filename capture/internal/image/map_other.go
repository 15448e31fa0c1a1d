//go:build !unix && !windows

package image

import (
	"io"
	"os"
)

// mapFile reads a file whole: there is no mmap here.
func mapFile(f *os.File, size int64) ([]byte, error) {
	b := make([]byte, size)
	_, err := io.ReadFull(io.NewSectionReader(f, 0, size), b)
	return b, err
}

func readAhead([]byte) {}

func dropPages([]byte) {}

func unmap([]byte) {}
