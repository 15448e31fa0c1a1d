// Package dump writes and reads dumps: files that hold what a Go program was
// doing when it failed, with every goroutine, every frame and the values of
// its variables.
//
// [Capture] writes one from a deferred function that has recovered a panic:
//
//	defer func() {
//		if r := recover(); r != nil {
//			path, err := dump.Capture(r)
//			...
//		}
//	}()
//
// [Open] reads one, on any machine, alone: it needs neither the program nor its source.
//
//	d, err := dump.Open("crash.dump")
//	if d == nil {
//		return err // nothing could be read
//	}
//	defer d.Close()
//	fmt.Println(d.Cause().Text)
//	for g := range d.Goroutines() {
//		for f := range g.Frames() {
//			fmt.Println(f.Function(), f.File(), f.Line())
//			for _, v := range f.Variables() {
//				n, ok := v.Value().Int()
//				...
//			}
//		}
//	}
//
// # Reading
//
// A [Dump] reads what is asked for when it is asked for. [Goroutine], [Frame],
// [Variable], [Value], [Type] and [Function] are small handles, cheap to copy;
// all but Value can be compared with ==. They are safe for use by several goroutines at
// once.
//
// A value is a type and an address in an image of the program's memory, so
// pointers can be followed, and sharing and cycles are what they were. Where a
// value is not in the dump a typed stub says why, see [Value.Stub] and package mock.
//
// # Damaged files
//
// A dump is not trusted. Whatever is in it, reading neither panics nor takes
// more memory than [MaxMemory] allows. A file that was cut short opens up to its last whole section:
// [Open] then gives both a *Dump and an error that wraps [ErrTruncated], [Dump.Damage]
// says what is missing, and the values that it held are stubs with the reason mock.Damaged.
// [Dump.Verify] checks all of a file.
package dump
