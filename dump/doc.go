// Package dump writes and reads dumps: files that hold what a Go program was
// doing when it failed, with every goroutine, every frame and the values of its
// variables.
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
// [Open] reads one, on any machine, alone: it needs neither the program nor its
// source.
//
//	d, err := dump.Open("crash.dump")
//	if d == nil {
//		return err // nothing could be read
//	}
//	defer d.Close()
//	for g := range d.Goroutines() {
//		for f := range g.Frames() {
//			fmt.Println(f.Function(), f.File(), f.Line())
//		}
//	}
//
// # What is captured
//
// All goroutines, with state, wait reason, creator and labels; their stacks
// with inlined calls, pending deferred calls and panics; arguments, local and
// captured variables, typed; what these refer to; the text of the source files;
// and the build, host and limits of the process, see [Meta]. Nothing of the
// program is called but the cause's own Error or String method. Of the
// environment only variables that are named are kept, see [Env].
//
// Optimised programs keep less: a variable that the compiler did away with is a
// stub, not a guess.
//
// # Depth and limits
//
// References are followed breadth first, from the goroutine that asked on:
// [Depth] of them, within the limits of [MaxBytes], [MaxObjects],
// [MaxElements], [MaxString] and [Timeout], each with a default that a service
// can live with. What lies beyond is marked with a typed stub that gives the
// reason, and counted in [Dump.Losses].
//
// # Writing
//
// [Capture], [Write], [Snapshot] and [Guard] make a dump of the program that
// calls them. They never panic, and fail rather than hang. Each takes options;
// [Configure] sets those that never change, where a mistake in them shows when
// the program starts.
//
// Values need Linux, macOS, Windows or FreeBSD on amd64 or arm64; elsewhere a
// dump has stacks only. Variables need a program built with DWARF too, which go
// run, go test and -ldflags=-w leave out and go build and go test -c keep:
// without it a dump has the words of arguments and the value of a panic.
// [Meta.Missing] says what is lacking and why.
// DWARF may lie in a file of its own, see [EnvDebugDir].
//
// A dump holds what the variables held. It is written for its owner only and
// never sent anywhere. See [Args], [Source] and [Depth] for what can be left out.
//
// # Reading
//
// A [Dump] reads what is asked for when it is asked for. [Goroutine], [Frame],
// [Variable], [Value], [Type] and [Function] are small handles, cheap to copy,
// safe for use by several goroutines at once; their zero values are not valid
// but harmless.
//
// A value is a type and an address in an image of the program's memory, so
// pointers can be followed, and sharing and cycles are what they were. Where a
// value is not in the dump, [Value.Stub] says why; see package mock for the
// reasons.
//
// # Damaged and hostile files
//
// A dump is not trusted. Whatever is in it, reading does not panic and keeps to
// the working set that [MaxMemory] sets. A file that was cut short opens up to
// its last whole section: [Open] then gives both a *Dump and an error that
// wraps [ErrTruncated], [Dump.Damage] says what is missing, and values that it
// held are stubs with the reason mock.Damaged. [Dump.Verify] checks all of a
// file.
//
// # Compatibility
//
// SPEC.md defines the format. This package reads every dump of major version 1,
// also ones made by later minor versions, whose additions it leaves out; what a
// later major version made gives [ErrVersion]. Numbers of kinds, states and
// reasons may be added: a program should bear with ones it does not know.
// Programs built with Go 1.25, 1.26 and 1.27 can be captured; a dump can be
// read on every system that Go has.
package dump
