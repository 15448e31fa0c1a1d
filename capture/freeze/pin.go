package freeze

import _ "unsafe" // for go:linkname

// pin keeps this goroutine on its P: it is not preempted, and no garbage
// collection starts. Until unpin it must not block, and a panic is the end of
// the program. The runtime keeps these functions reachable for the programs
// that use them in this way (see runtime/proc.go).
//
//go:linkname pin runtime.procPin
func pin() int

//go:linkname unpin runtime.procUnpin
func unpin()
