// Package stdio keeps descriptors that a capture opens away from 0, 1 and 2. A
// program that has closed its standard streams would get them for its next
// files, and whoever still writes to standard error would write into a dump.
package stdio

import "os"

// Apart runs open while none of the three numbers is free.
func Apart(open func()) {
	var fillers [4]*os.File // no slice that grows: it runs while memory may be short
	n := 0
	for n < len(fillers) {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break // no such file: nothing can be done, and most likely nothing has to
		}
		fillers[n] = f
		n++
		if f.Fd() > 2 {
			break
		}
	}
	defer func() {
		for _, f := range fillers[:n] {
			_ = f.Close()
		}
	}()
	open()
}
